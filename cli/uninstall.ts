/** `jackfield uninstall`. The launcher runs scripts/uninstall.mjs itself, so that it works on a broken set-up; this is its help. */
import type { Command } from 'commander';

/** Adds the command to `program`. */
export function register(program: Command): void {
  program
    .command('uninstall')
    .description('remove what set-up made, after asking once / 卸载安装程序所建的内容（会先询问）')
    .option('--yes', 'do not ask / 不询问')
    .option('--keep-data', 'keep database and recordings / 保留数据库与录音')
    .option('--packages', 'also remove the Debian packages set-up installed / 同时删除安装程序装入的软件包')
    .action(() => {
      console.error('Run it as ./jackfield uninstall. / 请以 ./jackfield uninstall 运行。');
      process.exitCode = 2;
    });
}
