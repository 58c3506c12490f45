import type { Bilingual } from '../../protocol/problems/index.ts';

/** What the steps are about. */
export interface LanFacts {
  readonly address: string;
  readonly page: string;
  /** The authority's certificate file. */
  readonly authority: string;
  /** SHA-256 of it, as Windows shows it. */
  readonly fingerprint: string;
  /** Ports a firewall must let in, such as `8443/tcp`. */
  readonly ports: readonly string[];
}

/** What an administrator does after `jackfield lan`: restart, open the firewall, trust the authority, open the page. */
export function lanSteps(facts: LanFacts): Bilingual {
  const { address, page, authority, fingerprint, ports } = facts;
  return {
    en: `The site will be reachable at ${address} after a restart: stop \`npm start\` with Ctrl-C and start it again.

1. Let these ports in (example: ufw allow PORT): ${ports.join(' ')}
2. Trust this site's certificate authority on each PC; without it the browser refuses the microphone.
   The file: ${authority}
   SHA-256:  ${fingerprint}
   Windows with Chrome or Edge:
     a. Copy the file to the PC as jackfield-ca.crt (scp, a share, a USB stick) and double-click it.
     b. "Install Certificate..." - "Current User" - "Place all certificates in the following store" -
        "Browse..." - "Trusted Root Certification Authorities" - "Finish" - "Yes" (compare the SHA-256 above).
     c. Close all windows of the browser and open it again.
   For all PCs of a domain: Group Policy - Computer Configuration - Windows Settings - Security Settings -
     Public Key Policies - Trusted Root Certification Authorities - Import.
3. Open ${page} , log in, and allow the microphone when Chrome asks.
   If Chrome says "Not secure": step 2 was not done for this Windows user, or Chrome was not restarted.
4. SIP phones of this network call sip:NUMBER@${address}. A carrier's trunk needs its lines in dialplans/trunks.yaml;
   take \`local-network\` out of the trunk "demo" there when phones of this network shall not call in without a password.

The demo logins work on this machine's loopback only. Back to loopback: ./jackfield lan 127.0.0.1`,
    zh: `重启后可通过 ${address} 访问：在 npm start 窗口按 Ctrl-C 停止，然后重新启动。

1. 在防火墙中放行以下端口（例如：ufw allow 端口）：${ports.join(' ')}
2. 在每台电脑上信任本站点的证书颁发机构；否则浏览器会拒绝使用麦克风。
   证书文件：${authority}
   SHA-256： ${fingerprint}
   Windows 的 Chrome 或 Edge：
     a. 将该文件以 jackfield-ca.crt 为名复制到电脑（scp、共享目录或 U 盘），然后双击打开。
     b. “安装证书…” → “当前用户” → “将所有的证书都放入下列存储” → “浏览…” →
        “受信任的根证书颁发机构” → “完成” → “是”（请核对上面的 SHA-256）。
     c. 关闭浏览器的所有窗口后重新打开。
   域内批量部署：组策略 → 计算机配置 → Windows 设置 → 安全设置 → 公钥策略 → 受信任的根证书颁发机构 → 导入。
3. 打开 ${page} ，登录，并在 Chrome 询问时允许使用麦克风。
   若 Chrome 显示“不安全”：说明当前 Windows 用户未完成第 2 步，或浏览器未重启。
4. 本网络的 SIP 话机呼叫 sip:号码@${address}。运营商中继须写入 dialplans/trunks.yaml；
   如不允许本网络的话机免密呼入，请从其中的中继“demo”删除 local-network。

演示账号只能在本机回环地址使用。恢复为仅本机访问：./jackfield lan 127.0.0.1`,
  };
}
