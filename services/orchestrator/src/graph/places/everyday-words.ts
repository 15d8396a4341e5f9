// Words that are no name by themselves, though a node or a site may be called so. Data, and one question to it. Pure.
import { knownWords } from '@sena/knowledge/known-words';

export const nodeNouns =
  'node|nodes|host|hosts|server|servers|box|boxes|machine|machines|vm|vms|instance|instances|fleet|tier|cluster';

export const siteNouns = 'site|sites|datacenter|datacentre|data center|data centre|dc|region|location|colo';

/** Stems of technical terms that look like names of nodes: sha-256, debian-12, cve-2024. */
export const technical = new Set(
  'sha md utf iso x86 ipv http https tls ssl x arm aarch amd python py php perl ruby go golang node nodejs java jdk jre openjdk log4j postgresql postgres mysql mariadb redis mongodb debian ubuntu centos rhel el rocky alma fedora opensuse sles linux kernel gcc glibc libc libssl openssl openssh ssh nginx apache httpd docker containerd cve dsa usn rfc port error errno code exit signal sig tier level layer top step page part phase option raid lvm md0 sda sdb nvme eth ens eno enp lo tun tap tty pts ttys cpu core socket numa vlan p sev severity prio priority q h v version covid area'.split(
    ' ',
  ),
);

export function isEveryday(word: string): boolean {
  return ordinary.has(word) || knownWords.has(word) || new RegExp(`^(?:${nodeNouns}|${siteNouns})$`).test(word);
}

/** After "in" and "at" they are no place. */
const ordinary = new Set(
  `the a an this that these those there here it its itself us them him her me you we they our my your their his all any each every both some none no not one two three four five six seven eight nine ten general total particular fact case use trouble danger progress order time times minute minutes hour hours day days week weeks month months second seconds year years today yesterday tomorrow tonight morning afternoon evening night noon midnight weekend last next past recent future near sync line place mind depth detail details short brief front back between common charge need hurry bulk parallel sequence addition advance english german french italian spanish plain text json csv table form format half which what whom whose who when where why how least most once moment present first second rest fault sight work home large scale full speed peace question production-like memory swap theory practice principle question stock touch doubt turn vain return response terms regards regard relation comparison contrast summary short logs log syslog journal dmesg cron crontab root tmp var etc opt dns config configuration prod-like container containers docker kubernetes pod pods namespace namespaces cloud internet network everything anything something nothing everyone anyone someone everywhere anywhere whole entire now then just only still again also of on to for from by with and or but if so as is are was were be been has have had do does did can could will would shall should may might must go going get gets got being new old older newer bad good worse worst best better ok okay fine well wrong up down off out over under about ready main primary secondary central default alive dead zombie uninterruptible maintenance read write rw ro d r s z`.split(
    /\s+/,
  ),
);
