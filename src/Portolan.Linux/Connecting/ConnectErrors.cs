using Portolan.Packets.Links;

namespace Portolan.Linux.Connecting;

/// <summary>What error numbers of connect(2) mean: before anything left, and as the answer of the network.</summary>
internal static class ConnectErrors
{
    internal const int EPERM = 1;
    internal const int EAGAIN = 11;
    internal const int ENOMEM = 12;
    internal const int EACCES = 13;
    internal const int ENFILE = 23;
    internal const int EMFILE = 24;
    internal const int ENONET = 64;
    internal const int ENOPROTOOPT = 92;
    internal const int EOPNOTSUPP = 95;
    internal const int EADDRINUSE = 98;
    internal const int EADDRNOTAVAIL = 99;
    internal const int ENETDOWN = 100;
    internal const int ENETUNREACH = 101;
    internal const int ECONNABORTED = 103;
    internal const int ECONNRESET = 104;
    internal const int ENOBUFS = 105;
    internal const int EISCONN = 106;
    internal const int ETIMEDOUT = 110;
    internal const int ECONNREFUSED = 111;
    internal const int EHOSTDOWN = 112;
    internal const int EHOSTUNREACH = 113;
    internal const int EALREADY = 114;
    internal const int EINPROGRESS = 115;

    /// <summary>An error of socket, bind, connect or send itself: nothing left this host.</summary>
    public static ConnectStart AtStart(int errno) => new(
        errno is EMFILE or ENFILE or EADDRNOTAVAIL or EADDRINUSE or ENOBUFS or ENOMEM or EAGAIN
            ? ConnectStartResult.Busy
            : ConnectStartResult.Denied, errno);

    /// <summary>An error that came later: the network's word, except for what is this host's own trouble.</summary>
    public static ConnectResult Late(int errno) => errno switch
    {
        ECONNREFUSED => ConnectResult.Refused,
        EHOSTUNREACH or EHOSTDOWN => ConnectResult.HostUnreachable,
        ENETUNREACH or ENONET => ConnectResult.NetworkUnreachable,
        EACCES or EPERM => ConnectResult.Prohibited,
        ENOPROTOOPT or EOPNOTSUPP => ConnectResult.ProtocolUnreachable,
        ECONNRESET or ECONNABORTED => ConnectResult.Reset,
        ETIMEDOUT => ConnectResult.TimedOut,
        ENOBUFS or ENOMEM or EADDRNOTAVAIL => ConnectResult.NotSent,
        _ => ConnectResult.Failed,
    };

    /// <summary>The way is lost: the peer has not ended the connection.</summary>
    public static bool IsLost(int errno) => errno is ENETDOWN or ENETUNREACH or EHOSTUNREACH or EHOSTDOWN;

    /// <summary>What an ICMP message means, by the kernel's own table (icmp_err_convert in net/ipv4/icmp.c; RFC 792, RFC 4443).</summary>
    public static ConnectResult Of(IcmpReport report, bool isIPv4) => (isIPv4, report.Type, report.Code) switch
    {
        (true, 3, 3) or (false, 1, 4) => ConnectResult.Refused,
        (true, 3, 2) or (false, 4, 1) => ConnectResult.ProtocolUnreachable,
        (true, 3, 0 or 6 or 8 or 11) or (false, 1, 0) => ConnectResult.NetworkUnreachable,
        (true, 3, 9 or 10 or 13) or (false, 1, 1 or 5 or 6) => ConnectResult.Prohibited,
        _ => ConnectResult.HostUnreachable,
    };

    /// <summary>
    /// Whether a message ends an attempt. Unreachable, time exceeded and parameter problem do; what asks for smaller packets or another
    /// route does not.
    /// </summary>
    public static bool IsFinal(IcmpReport report, bool isIPv4) =>
        isIPv4 ? report is { Type: 3, Code: not 4 } or { Type: 11 or 12 } : report.Type is 1 or 3 or 4;
}
