using Portolan.Model;

namespace Portolan.Packets.Links;

/// <summary>
/// Makes connections through an operating system's own stack, thousands at once: the way to scan without privilege. Made for one thread;
/// open one for each core.
/// </summary>
public interface IConnector : IDisposable
{
    /// <summary>How many attempts may be in flight: what descriptor and port limits leave.</summary>
    int Capacity { get; }

    /// <summary>One line for people, such as <c>epoll, 4096 in flight (limit of open files 8192)</c>.</summary>
    string Description { get; }

    /// <summary>Starts an attempt.</summary>
    /// <returns><see cref="ConnectStart.Started"/>, or why it did not leave this host, which says nothing about the target: try again
    /// later.</returns>
    ConnectStart TryStart(in ConnectAttempt attempt);

    /// <summary>Waits for outcomes, up to <paramref name="timeout"/>, and fills in those that are there.</summary>
    /// <returns>The number of outcomes.</returns>
    int Complete(Span<ConnectOutcome> outcomes, TimeSpan timeout);

    /// <summary>
    /// Ends the wait of connections that are kept (<see cref="ConnectOutcome.IsListening"/>): the second outcome of each is there at once,
    /// with what was heard so far (<see cref="ConnectOutcome.IsCutOff"/>). A connector that keeps none does nothing.
    /// </summary>
    /// <param name="isOver">Says of the token of such a connection whether its wait ends.</param>
    void EndListening(Func<ulong, bool> isOver)
    {
    }
}

/// <summary>One attempt: a TCP connection, or a UDP datagram on a connected socket.</summary>
/// <param name="Token">The caller's name for the attempt; comes back with the outcome.</param>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="Address">The target.</param>
/// <param name="ScopeId">The interface of a link-local IPv6 target, or 0.</param>
/// <param name="Port">The target's port.</param>
/// <param name="Timeout">After this the outcome is <see cref="ConnectResult.TimedOut"/>.</param>
/// <param name="Payload">The datagram to send; ignored for TCP.</param>
public readonly record struct ConnectAttempt(
    ulong Token, TransportProtocol Protocol, InternetAddress Address, uint ScopeId, PortNumber Port, TimeSpan Timeout,
    ReadOnlyMemory<byte> Payload)
{
    /// <summary>
    /// How long a TCP connection is kept, once it is made, to hear what the peer says unasked; nothing is sent. Zero: it is reset at once.
    /// A connector that cannot listen resets it at once too.
    /// </summary>
    public TimeSpan GreetingWait { get; init; }

    /// <summary>TTL or hop limit of the attempt; 0 for the connector's own. A connector that cannot set it does without.</summary>
    public byte TimeToLive { get; init; }
}

/// <summary>How much of what a peer says first is taken, by all connectors.</summary>
public static class GreetingLimit
{
    /// <summary>Bytes; a peer that says more is reset.</summary>
    public const int MaxLength = 1024;

    /// <summary>A peer that has begun and says nothing more for so long has said it.</summary>
    public static TimeSpan Pause { get; } = TimeSpan.FromSeconds(1);
}

/// <summary>Did an attempt leave this host?</summary>
/// <param name="Result">Started, or what kept it.</param>
/// <param name="Errno">The kernel's error number when it did not, else 0.</param>
public readonly record struct ConnectStart(ConnectStartResult Result, int Errno)
{
    /// <summary>The attempt is under way; its outcome comes.</summary>
    public static ConnectStart Started => default;
}

/// <summary>Kinds of <see cref="ConnectStart"/>.</summary>
public enum ConnectStartResult : byte
{
    /// <summary>Under way.</summary>
    Started,

    /// <summary>
    /// A limit of this host now (EMFILE, ENFILE, EADDRNOTAVAIL, ENOBUFS, ENOMEM, EAGAIN): wait for outcomes, then try again.
    /// </summary>
    Busy,

    /// <summary>
    /// This host refuses for good (ENETUNREACH without route, EACCES, EPERM, EINVAL from socket, bind or connect itself).
    /// </summary>
    Denied,
}

/// <summary>How an attempt ended.</summary>
/// <param name="Token">The attempt's.</param>
/// <param name="Result">What the network said.</param>
/// <param name="Errno">The error the connection ended with, or 0.</param>
/// <param name="Elapsed">From the start to the answer.</param>
public readonly record struct ConnectOutcome(ulong Token, ConnectResult Result, int Errno, TimeSpan Elapsed)
{
    /// <summary>
    /// The ICMP message that ended the attempt, where the system shows it: then a refusal is a firewall's and not the port's own.
    /// </summary>
    public IcmpReport? Icmp { get; init; }

    /// <summary>
    /// The connection was made and is kept (<see cref="ConnectAttempt.GreetingWait"/>): a second outcome with the same token follows,
    /// <see cref="ConnectResult.Greeted"/>.
    /// </summary>
    public bool IsListening { get; init; }

    /// <summary>
    /// Of <see cref="ConnectResult.Greeted"/>: the wait was ended early, so the peer might have said more, or something at all.
    /// </summary>
    public bool IsCutOff { get; init; }

    /// <summary>
    /// The datagram of <see cref="ConnectResult.Replied"/>, or its first 9,216 bytes; what was heard of
    /// <see cref="ConnectResult.Greeted"/>; empty in other outcomes.
    /// </summary>
    public ReadOnlyMemory<byte> Reply { get; init; }
}

/// <summary>An ICMP or ICMPv6 error message about an attempt.</summary>
/// <param name="Type">Its type, such as 3 (destination unreachable) or, for an IPv6 target, 1.</param>
/// <param name="Code">Its code.</param>
/// <param name="Reporter">Who sent it; <c>null</c> when unknown.</param>
public readonly record struct IcmpReport(byte Type, byte Code, InternetAddress? Reporter);

/// <summary>What the network said.</summary>
public enum ConnectResult : byte
{
    /// <summary>No answer in time.</summary>
    TimedOut,

    /// <summary>The handshake was completed.</summary>
    Connected,

    /// <summary>A datagram came back.</summary>
    Replied,

    /// <summary>ECONNREFUSED: a reset, or a port unreachable message.</summary>
    Refused,

    /// <summary>EHOSTUNREACH.</summary>
    HostUnreachable,

    /// <summary>ENETUNREACH, late.</summary>
    NetworkUnreachable,

    /// <summary>EACCES or EPERM, late: an ICMP prohibited message.</summary>
    Prohibited,

    /// <summary>ENOPROTOOPT: an ICMP protocol unreachable message.</summary>
    ProtocolUnreachable,

    /// <summary>The connection was reset after it was made.</summary>
    Reset,

    /// <summary>Another error; see the error number.</summary>
    Failed,

    /// <summary>
    /// Second outcome of a connection that was kept: what the peer said first is in the reply, which is empty where it said nothing. The
    /// connection is reset. The error number says if it was lost: ENETDOWN, ENETUNREACH, EHOSTUNREACH.
    /// </summary>
    Greeted,

    /// <summary>This host could not carry the attempt through (a late ENOBUFS and the like): not an answer, probe again.</summary>
    NotSent,

    /// <summary>A proxy did not make the connection and does not say why: the port is not open, or cannot be reached.</summary>
    ProxyFailed,
}
