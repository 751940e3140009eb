using Portolan.Model;
using Portolan.Scan.Identification.Facts;
using Portolan.Scan.Identification.Fingerprints;
using Portolan.Scan.Proxies;

namespace Portolan.Scan.Identification;

/// <summary>How far the question goes what a port is.</summary>
public sealed record IdentifySettings
{
    /// <summary>
    /// How rare the openings are that are tried on ports which are not their own, 0 to 9 (<c>--version-intensity</c>); 7 as nmap's.
    /// </summary>
    public int Intensity { get; init; } = 7;

    /// <summary>Bytes go to printers' ports too, and those of industrial protocols to all ports (<c>--allports</c>).</summary>
    public bool AllPorts { get; init; }

    /// <summary>The most connections to one port.</summary>
    public int MaxConnections { get; init; } = 6;

    /// <summary>The most time for one port.</summary>
    public TimeSpan PortLimit { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The longest wait for a connection.</summary>
    public TimeSpan ConnectLimit { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The wait for the rest of a reply that a protocol knows the beginning of.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The wait for the first byte after a question.</summary>
    public TimeSpan ReplyWait { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// The wait for what is said unasked, on a port where servers usually speak first. Mail servers look up who calls before they greet.
    /// </summary>
    public TimeSpan GreetingWait { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>The same on a port where clients usually speak first: long enough to see that a connection is closed at once.</summary>
    public TimeSpan BriefGreetingWait { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The same on all other ports.</summary>
    public TimeSpan ShortGreetingWait { get; init; } = TimeSpan.FromMilliseconds(600);

    /// <summary>
    /// A connection that the server closes within this time without a word was refused; later, an idle connection was closed.
    /// </summary>
    public TimeSpan AtOnce { get; init; } = TimeSpan.FromMilliseconds(400);

    /// <summary>The wait for more of what no protocol knows.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(400);

    /// <summary>The wait before something is tried again that this host could not send; each further one is twice as long.</summary>
    public TimeSpan RetryWait { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The most datagrams for one UDP port.</summary>
    public int MaxDatagrams { get; init; } = 6;

    /// <summary>The most questions that go together, one round, to a UDP port that kept silent and belongs to no known protocol.</summary>
    public int MaxTogether { get; init; } = 12;

    /// <summary>
    /// The most such ports of a host that are asked: each takes seconds, and of a host that drops everything all ports are silent.
    /// </summary>
    public int MaxSilentPorts { get; init; } = 32;

    /// <summary>The most bytes of one reply; the rest is not read.</summary>
    public int ReplyLimit { get; init; } = Conversation.MaxReplyLength;

    /// <summary>What is known is asked for these facts (<c>-sC</c>, <c>--script</c>); empty for none.</summary>
    public IReadOnlyList<ServiceFact> Facts { get; init; } = [];

    /// <summary>Fingerprints of the person's own (<c>--fingerprints</c>); <c>null</c> for none.</summary>
    public FingerprintSet? Fingerprints { get; init; }

    /// <summary>The proxies that connections pass; <c>null</c> for none.</summary>
    public ProxyRoute? Proxies { get; init; }

    /// <summary>Ports of printers: raw printing (9100 and its like) and LPD print whatever comes.</summary>
    public static PortSet PrinterPorts { get; } = PortSet.Parse("515,9100-9107");

    /// <summary>A UDP port that kept silent and belongs to no known protocol is asked from this intensity on.</summary>
    public const int SilentIntensity = 7;

    /// <summary>Whether bytes may go to a port.</summary>
    public bool MayAsk(PortNumber port) => AllPorts || !PrinterPorts.Contains(port);
}
