namespace Portolan.Scenarios.Identify;

/// <summary>A fact that a scanner told, or not.</summary>
internal enum Verdict
{
    /// <summary>Nothing was said.</summary>
    None,

    /// <summary>It is so.</summary>
    Right,

    /// <summary>It is not so.</summary>
    Wrong,
}

/// <summary>Holds what scanners say against what is there.</summary>
internal static class Judge
{
    // Scanners have names of their own for one protocol, and for one product. Whoever says one of a line has said all.
    private static readonly string[][] SameProtocol =
    [
        ["sunrpc", "rpcbind"], ["microsoft-ds", "netbios-ssn"], ["kerberos", "kerberos-sec"], ["xmpp-client", "xmpp", "jabber"],
        ["socks5", "tor-socks", "socks"], ["x11", "X11"], ["ipp", "http"], ["iscsi-target", "iscsi"], ["stun", "stun-p2p", "turn"],
        ["distccd", "distcc"], ["fastcgi", "fcgi"], ["redis", "redis-sentinel"], ["ssl/http", "ssl/https"], ["nfs", "sunrpc"],
        ["gpsd", "gpsd-ng"], ["mqtt", "mosquitto"],
    ];

    private static readonly string[][] SameProduct =
    [
        ["Python http.server", "SimpleHTTPServer"], ["Prometheus Node Exporter", "Golang net/http"], ["Prometheus", "Golang net/http"],
        ["Linux telnetd", "telnetd"], ["chrony", "NTP"], ["tftpd-hpa", "Netkit tftpd"], ["net-snmp", "SNMPv3 server", "SNMPv1 server"],
        ["X.Org", "Xvfb"], ["OpenSSL s_server", "OpenSSL"],
    ];

    /// <summary>Whether the protocol is right; a connection that was closed on a stranger names none.</summary>
    public static Verdict Protocol(PortClaim claim, string truth) => claim.Protocol switch
    {
        null or "unknown" or "tcpwrapped" or "ssl" => Verdict.None,
        _ when IsSame(SameProtocol, truth, claim.Protocol) => Verdict.Right,
        _ => Verdict.Wrong,
    };

    /// <summary>Whether the product is right.</summary>
    public static Verdict Product(PortClaim claim, string truth) => claim.Product switch
    {
        null => Verdict.None,
        _ when truth == "-" || Has(claim.Product, truth) || Has(truth, claim.Product) => Verdict.Right,
        _ when SameProduct.Any(line => line.Contains(truth) && line.Any(name => Has(claim.Product, name))) => Verdict.Right,
        _ => Verdict.Wrong,
    };

    // Versions of protocols and of parts, which are no versions of the product.
    private static readonly string[] OtherVersions = ["NTP v", "rpcbind ", "nfs ", "SimpleHTTPServer 0."];

    /// <summary>Whether the version is right: the same, or a range that it is in.</summary>
    public static Verdict Version(PortClaim claim, string truth)
    {
        var named = $"{claim.Product ?? claim.Protocol} {claim.Version}";
        var isOther = OtherVersions.Any(other => named.StartsWith(other, StringComparison.Ordinal));
        if (string.IsNullOrEmpty(claim.Version) || truth == "-" || isOther)
        {
            return Verdict.None;
        }

        var claimed = claim.Version;
        var isRight = claimed.Contains(truth, StringComparison.OrdinalIgnoreCase)
            || truth.StartsWith(claimed + ".", StringComparison.Ordinal)
            || (claimed.Split(" - ") is [var least, var most] && Compare(least, truth) <= 0 && Compare(truth, most) <= 0)
            || (claimed.EndsWith(" or later", StringComparison.Ordinal) && Compare(claimed.Split(' ')[0], truth) <= 0);
        return isRight ? Verdict.Right : Verdict.Wrong;
    }

    private static bool Has(string text, string word) => text.Contains(word, StringComparison.OrdinalIgnoreCase);

    private static bool IsSame(string[][] lines, string truth, string claimed) =>
        string.Equals(truth, claimed, StringComparison.OrdinalIgnoreCase)
        || lines.Any(line => line.Contains(truth) && line.Contains(claimed.Split(' ')[0]));

    // Number by number; an X is any.
    private static int Compare(string left, string right)
    {
        foreach (var (a, b) in left.Split('.').Zip(right.Split('.')))
        {
            if (!int.TryParse(a, out var x) || !int.TryParse(b, out var y))
            {
                return 0;
            }

            if (x != y)
            {
                return x.CompareTo(y);
            }
        }

        return 0;
    }
}
