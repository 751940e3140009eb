using Portolan.Model;

namespace Portolan.Packets.Links;

/// <summary>What a frame on a link starts with.</summary>
public enum LinkLayer : byte
{
    /// <summary>An Ethernet header of 14 bytes (also loopback as packet sockets show it).</summary>
    Ethernet,

    /// <summary>Nothing: the IP packet itself (TUN, WireGuard, PPP, tunnels, raw IP sockets).</summary>
    Ip,
}

/// <summary>
/// A way to send and receive whole frames: a packet socket, a raw IP socket, a TUN device, or a wire in memory.
/// Links are handed in; nothing above this contract knows which one it has.
/// </summary>
/// <remarks>Each sender and receiver belongs to one thread at a time; different ones may be used at once.</remarks>
public interface IPacketLink : IDisposable
{
    /// <summary>What frames start with, both ways.</summary>
    LinkLayer Layer { get; }

    /// <summary>The own Ethernet address; zero where there is none.</summary>
    MacAddress HardwareAddress { get; }

    /// <summary>The most bytes of a frame, headers of the link included.</summary>
    int MaxFrameLength { get; }

    /// <summary>
    /// One line for people: which mechanism this is, such as <c>packet socket on eth0, sendmmsg, queue discipline bypassed</c>.
    /// </summary>
    string Description { get; }

    /// <summary>
    /// Frames that the interface dropped after it had taken them from any program of this host, for its queue was full, since the link was
    /// made: whoever empties it is slower than the senders. Looked at now and then, so it may be some milliseconds old; 0 where nobody
    /// counts.
    /// </summary>
    long SendDropped => 0;

    /// <summary>Opens a queue to send on.</summary>
    IFrameSender OpenSender();

    /// <summary>
    /// Opens a queue of received frames. Frames that <paramref name="filter"/> does not want may be left out early, or may still come.
    /// </summary>
    IFrameReceiver OpenReceiver(FrameFilter filter);
}

/// <summary>A queue of outgoing frames with room for a batch.</summary>
public interface IFrameSender : IDisposable
{
    /// <summary>
    /// Room for the next frame, at least the link's <see cref="IPacketLink.MaxFrameLength"/> bytes or 2048, whichever is less; empty when
    /// the batch is full: flush first.
    /// </summary>
    /// <remarks>
    /// Asked again before <see cref="Commit"/> it gives the same room. The bytes are what the slot held before, so a template that was
    /// written once is still there in a later round.
    /// </remarks>
    Span<byte> Reserve();

    /// <summary>
    /// Takes the first <paramref name="length"/> bytes of what <see cref="Reserve"/> gave as the next frame of the batch.
    /// </summary>
    void Commit(int length);

    /// <summary>Hands the batch to the link.</summary>
    SendReport Flush();
}

/// <summary>What became of a batch.</summary>
/// <param name="Sent">Frames that the link took, from the start of the batch. The rest was not sent and is gone from the batch: probe them
/// again later.</param>
/// <param name="Refused">Frames that were not sent.</param>
/// <param name="Cause">Why, when any were refused.</param>
/// <param name="Errno">The kernel's error number, or 0.</param>
public readonly record struct SendReport(int Sent, int Refused, SendFailure Cause, int Errno);

/// <summary>Why the link did not take a frame. Never a fact about the target.</summary>
public enum SendFailure : byte
{
    /// <summary>All were taken.</summary>
    None,

    /// <summary>No buffer or queue space now (ENOBUFS, EAGAIN): slow down and send again.</summary>
    Busy,

    /// <summary>The interface is down or gone (ENETDOWN, ENXIO).</summary>
    LinkDown,

    /// <summary>No route, or no permission by a local firewall rule (ENETUNREACH, EPERM).</summary>
    Denied,

    /// <summary>Anything else; see the error number.</summary>
    Other,
}

/// <summary>A queue of received frames.</summary>
public interface IFrameReceiver : IDisposable
{
    /// <summary>Waits until frames have come or the time is over, and hands over what has come, up to a batch.</summary>
    /// <param name="sink">Called for each frame, on the calling thread. The bytes are only valid during the call.</param>
    /// <param name="timeout">Zero to look without waiting.</param>
    /// <returns>The number of frames handed over.</returns>
    int Receive(IFrameSink sink, TimeSpan timeout);

    /// <summary>Frames the link lost because nobody took them in time, since the start; loss of our own making.</summary>
    long Dropped { get; }

    /// <summary>Ends a wait of another thread soon.</summary>
    void Wake();
}

/// <summary>Takes received frames.</summary>
public interface IFrameSink
{
    /// <summary>One frame as it came.</summary>
    /// <param name="frame">The frame from the link's header on.</param>
    /// <param name="timestamp">When it came, in ticks of the <see cref="TimeProvider"/> that the link was made with.</param>
    void OnFrame(ReadOnlySpan<byte> frame, long timestamp);

    /// <summary>
    /// A frame that is handed over soon, some others before it: who keeps much state may ask for that memory already. Receivers that hold a
    /// batch call it, once before each frame.
    /// </summary>
    /// <param name="frame">The frame; empty when the batch ends before.</param>
    void Announce(ReadOnlySpan<byte> frame)
    {
    }
}

/// <summary>Which received frames are wanted. A link may filter in the kernel; the receiver that receives checks again.</summary>
/// <remarks>
/// Incoming TCP, UDP, ICMP and ICMPv6 for <see cref="Addresses"/>, and ARP and neighbour discovery always; never our own outgoing frames.
/// </remarks>
/// <param name="Addresses">Destination addresses of wanted packets; empty for any.</param>
/// <param name="FirstPort">Lowest destination port of wanted TCP segments and UDP datagrams.</param>
/// <param name="LastPort">Highest one.</param>
public sealed record FrameFilter(IReadOnlyList<InternetAddress> Addresses, PortNumber FirstPort, PortNumber LastPort)
{
    /// <summary>
    /// Only TCP to these ports, and ICMP and ICMPv6 errors about TCP from them: neither ARP nor neighbour discovery, echo or UDP. For a
    /// stack of its own beside the kernel's, which does the rest.
    /// </summary>
    public bool IsTcpAlone { get; init; }
}
