export class Database {}
export default { Database };
