namespace Portolan.Cli.Hosting;

/// <summary>
/// First words that are the names of other programs, and what shows the same here. None of them points to a command that changes something:
/// there the help is named.
/// </summary>
internal static class OtherTools
{
    private static readonly Advice Sockets = $"portolan list shows sockets and connections; portolan alone shows open ports";
    private static readonly Advice Traffic = $"portolan traffic shows bytes per port; --by process per program";
    private static readonly Advice Rules = $"portolan firewall show lists the rules by port; portolan help firewall explains the rest";
    private static readonly Advice Probe = $"portolan check HOST:PORT tests one connection step by step";

    private static readonly Dictionary<string, Advice> Words = Make(
        (Sockets, "ls ps ss netstat lsof sockstat dir"),
        (Traffic, "top htop btop atop iftop nethogs bandwhich nload bmon vnstat iptraf"),
        ($"portolan who PORT shows the holder of a port; portolan stop PORT ends it",
            "fuser pidof pgrep pkill killall kill-port killport"),
        ($"portolan scan TARGET scans other machines, with the options of nmap", "nmap masscan zmap naabu rustscan"),
        (Probe, "ping telnet nping tcping"),
        ($"portolan traffic capture -o FILE.pcapng captures packets by port and program", "tcpdump tshark wireshark"),
        (Rules, "iptables ip6tables iptables-save nft nftables ufw firewalld firewall-cmd fw rules"),
        ($"portolan shows open ports; portolan help allow explains how to accept packets", "open unblock permit"),
        ($"portolan who PORT shows the holder of a port; portolan stop PORT or portolan block PORT closes it",
            "close shut drop deny"),
        ($"portolan explain PORT shows who can reach it and which rule decides", "why reach trace"),
        ($"portolan alone shows open ports; portolan doctor shows what works here", "status info"));

    /// <summary>What to run instead of a word, or <c>null</c> where it is not a name of another program.</summary>
    public static Advice? Find(string word) => Words.GetValueOrDefault(word);

    private static Dictionary<string, Advice> Make(params (Advice Hint, string Words)[] rows)
    {
        var words = new Dictionary<string, Advice>(StringComparer.OrdinalIgnoreCase);
        foreach (var (hint, row) in rows)
        {
            foreach (var word in row.Split(' '))
            {
                words.Add(word, hint);
            }
        }

        return words;
    }
}
