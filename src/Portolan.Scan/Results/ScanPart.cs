using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Scan.Targets;

namespace Portolan.Scan.Results;

/// <summary>One kind of probing in a run and the ports it is for: nmap's <c>scaninfo</c>.</summary>
/// <param name="Type">nmap's word, one of <see cref="ScanTypes"/>.</param>
/// <param name="Protocol">The protocol.</param>
/// <param name="Ports">The ports of any host; a run with ports of their own per host names all of them.</param>
public sealed record ScanPart(string Type, TransportProtocol Protocol, PortSet Ports)
{
    /// <summary>The parts of a run of our own; none when it looks at no port.</summary>
    /// <param name="settings">How ports are probed.</param>
    /// <param name="ports">The ports of the hosts, each list once.</param>
    public static IReadOnlyList<ScanPart> ListOf(ScanSettings settings, params IEnumerable<ProbePorts> ports)
    {
        var (tcp, udp) = (new PortSet(), new PortSet());
        foreach (var list in settings.DiscoveryOnly || settings.ListOnly ? [] : ports)
        {
            for (var i = 0; i < list.Count; i++)
            {
                _ = (list[i].Protocol == TransportProtocol.Tcp ? tcp : udp).Add(list[i].Port);
            }
        }

        var parts = new List<ScanPart>();
        if (!tcp.IsEmpty && settings.Tcp != TcpTechnique.None)
        {
            parts.Add(new ScanPart(ScanTypes.NameOf(settings.Tcp), TransportProtocol.Tcp, tcp));
        }

        if (!udp.IsEmpty)
        {
            parts.Add(new ScanPart(ScanTypes.Udp, TransportProtocol.Udp, udp));
        }

        return parts;
    }
}

/// <summary>nmap's words for kinds of probing (<c>scan_types</c> in nmap.dtd).</summary>
public static class ScanTypes
{
    /// <summary>A UDP scan.</summary>
    public const string Udp = "udp";

    private static readonly string[] All =
        ["syn", "ack", "bounce", "connect", "null", "xmas", "window", "maimon", "fin", Udp, "sctpinit", "sctpcookieecho", "ipproto"];

    /// <summary>The word for a technique.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no word for no technique.</exception>
    public static string NameOf(TcpTechnique technique) => technique switch
    {
        TcpTechnique.Syn => "syn",
        TcpTechnique.Connect => "connect",
        TcpTechnique.Ack => "ack",
        TcpTechnique.Null => "null",
        TcpTechnique.Fin => "fin",
        TcpTechnique.Xmas => "xmas",
        _ => throw new ArgumentOutOfRangeException(nameof(technique), technique, message: null),
    };

    /// <summary>Whether nmap has the word.</summary>
    public static bool IsKnown(string word) => Array.IndexOf(All, word) >= 0;
}
