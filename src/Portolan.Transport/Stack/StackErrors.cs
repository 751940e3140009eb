using System.Net;
using System.Net.Sockets;
using Portolan.Transport.Ports;
using Portolan.Transport.Tcp;
using Portolan.Transport.Udp;

namespace Portolan.Transport;

/// <summary>The errors of the stack as those of the framework's sockets, so that catch blocks that exist go on working.</summary>
internal static class StackErrors
{
    /// <summary>The code that the framework's sockets have on Linux for the end of a connection.</summary>
    internal static SocketError CodeOf(TcpError error, bool isIPv4) => error switch
    {
        TcpError.Refused or TcpError.PortUnreachable => SocketError.ConnectionRefused,
        TcpError.Reset => SocketError.ConnectionReset,
        TcpError.Aborted => SocketError.OperationAborted,
        TcpError.TimedOut => SocketError.TimedOut,
        TcpError.HostUnreachable => SocketError.HostUnreachable,
        TcpError.NetworkUnreachable => SocketError.NetworkUnreachable,
        TcpError.ProtocolUnreachable => SocketError.ProtocolOption,

        // Linux has one code for each family.
        TcpError.Prohibited => isIPv4 ? SocketError.HostUnreachable : SocketError.AccessDenied,

        // EPROTO, for which the framework has no code.
        TcpError.ParameterProblem => SocketError.SocketError,
        _ => SocketError.NotConnected,
    };

    internal static SocketException ToSocketException(TcpError error, string what, IPEndPoint peer) =>
        new((int)CodeOf(error, peer.AddressFamily == AddressFamily.InterNetwork), $"{what} {peer}: {Explain(error)}");

    internal static IOException ToIOException(TcpError error, string what, IPEndPoint peer) => Wrap(ToSocketException(error, what, peer));

    internal static IOException Wrap(SocketException exception) => new(exception.Message, exception);

    internal static IOException Aborted(string what) =>
        Wrap(new SocketException((int)SocketError.OperationAborted, $"{what}: it was closed on this side meanwhile"));

    internal static IOException WriterIsShut(string what) =>
        Wrap(new SocketException((int)SocketError.Shutdown, $"{what}: this side has said that it writes no more"));

    /// <summary>A write to one who has said that he writes no more, and then that he takes no more: EPIPE.</summary>
    internal static IOException PeerIsGone(string what) =>
        Wrap(new SocketException((int)SocketError.Shutdown, $"{what}: the peer has closed the connection and takes no more"));

    internal static IOException TookTooLong(string what) =>
        Wrap(new SocketException((int)SocketError.TimedOut, $"{what} took longer than the stream's timeout"));

    internal static PortConflictException ToConflict(BindResult result, string what, bool isConnecting)
    {
        var isExhausted = result.Rule == BindRule.Exhausted;

        // As connect(2) has it: no port left is EADDRNOTAVAIL, and so is a pair that exists.
        var isUnavailable = isConnecting && (isExhausted || result.Rule == BindRule.PairExists);
        return new PortConflictException(
            isUnavailable ? SocketError.AddressNotAvailable : SocketError.AddressAlreadyInUse, $"{what}: {result}", result);
    }

    internal static SocketException? Of(UdpSendResult result, string what) => result switch
    {
        UdpSendResult.Sent => null,
        UdpSendResult.NoRoute =>
            new((int)SocketError.NetworkUnreachable, $"{what}: no way there, or no address of this stack to send from"),
        UdpSendResult.TooBig =>
            new((int)SocketError.MessageSize, $"{what}: larger than any datagram, or than the path MTU where it may not be cut"),
        UdpSendResult.NoDestination => new((int)SocketError.DestinationAddressRequired, $"{what}: no destination"),
        UdpSendResult.Closed => new((int)SocketError.OperationAborted, $"{what}: the endpoint is closed"),
        _ => new((int)SocketError.NoBufferSpaceAvailable, $"{what}: the link does not accept packets now"),
    };

    private static string Explain(TcpError error) => error switch
    {
        TcpError.Refused => "refused by the peer: nothing listens at the port",
        TcpError.Reset => "reset by the peer",
        TcpError.Aborted => "aborted on this side",
        TcpError.TimedOut => "the peer does not answer",
        TcpError.HostUnreachable => "the host cannot be reached",
        TcpError.NetworkUnreachable => "no route there, or no address of this stack to start from",
        TcpError.ProtocolUnreachable => "the host does not speak TCP",
        TcpError.PortUnreachable => "port unreachable, says the host",
        TcpError.Prohibited => "administratively prohibited on the path",
        TcpError.ParameterProblem => "a field of a header was wrong, says a host on the way",
        _ => "closed",
    };
}

/// <summary>A port could not be had. The message names who holds it and the rule that says so.</summary>
public sealed class PortConflictException : SocketException
{
    /// <summary>For serializers and tests.</summary>
    public PortConflictException()
    {
    }

    /// <summary>With the reason.</summary>
    public PortConflictException(SocketError code, string message, BindResult result)
        : base((int)code, message) => Result = result;

    /// <summary>The rule, and the holder in the way as it was then.</summary>
    public BindResult Result { get; }
}
