using System.Net.Sockets;
using Portolan.Transport.Ports;
using Portolan.Transport.Tcp;
using Portolan.Transport.Udp;

namespace Portolan.Transport;

/// <summary>The errors of the stack as those of the framework's sockets, so that catch blocks that exist go on working.</summary>
internal static class StackErrors
{
    /// <summary>The code that the framework's sockets have for the end of a connection.</summary>
    internal static SocketError CodeOf(TcpError error) => error switch
    {
        TcpError.Refused or TcpError.PortUnreachable => SocketError.ConnectionRefused,
        TcpError.Reset => SocketError.ConnectionReset,
        TcpError.Aborted => SocketError.OperationAborted,
        TcpError.TimedOut => SocketError.TimedOut,
        TcpError.HostUnreachable => SocketError.HostUnreachable,
        TcpError.NetworkUnreachable => SocketError.NetworkUnreachable,
        TcpError.ProtocolUnreachable => SocketError.ProtocolNotSupported,
        TcpError.Prohibited => SocketError.AccessDenied,
        _ => SocketError.NotConnected,
    };

    internal static SocketException ToSocketException(TcpError error, string what) => new((int)CodeOf(error), $"{what}: {Explain(error)}");

    internal static IOException ToIOException(TcpError error, string what) => Wrap(ToSocketException(error, what));

    internal static IOException Wrap(SocketException exception) => new(exception.Message, exception);

    internal static IOException Aborted(string what) => Wrap(new SocketException((int)SocketError.OperationAborted, $"{what}: it was closed on this side meanwhile"));

    internal static IOException WriterIsShut(string what) => Wrap(new SocketException((int)SocketError.Shutdown, $"{what}: this side has said that it writes no more"));

    internal static PortConflictException ToConflict(BindResult result, string what, bool isConnecting)
    {
        var isExhausted = result.Rule == BindRule.Exhausted;

        // As connect(2) has it: no port left is EADDRNOTAVAIL, and so is a pair that exists.
        var isUnavailable = isConnecting && (isExhausted || result.Rule == BindRule.PairExists);
        return new PortConflictException(isUnavailable ? SocketError.AddressNotAvailable : SocketError.AddressAlreadyInUse, $"{what}: {result}", result);
    }

    internal static SocketException? Of(UdpSendResult result, string what) => result switch
    {
        UdpSendResult.Sent => null,
        UdpSendResult.NoRoute => new((int)SocketError.NetworkUnreachable, $"{what}: no way there, or no address of this stack to send from"),
        UdpSendResult.TooBig => new((int)SocketError.MessageSize, $"{what}: larger than any datagram, or than the path MTU where it may not be cut"),
        UdpSendResult.NoDestination => new((int)SocketError.DestinationAddressRequired, $"{what}: no destination"),
        UdpSendResult.Closed => new((int)SocketError.OperationAborted, $"{what}: the endpoint is closed"),
        _ => new((int)SocketError.NoBufferSpaceAvailable, $"{what}: the link takes nothing now"),
    };

    private static string Explain(TcpError error) => error switch
    {
        TcpError.Refused => "refused by the peer: nobody listens at the port",
        TcpError.Reset => "reset by the peer",
        TcpError.Aborted => "aborted on this side",
        TcpError.TimedOut => "the peer does not answer",
        TcpError.HostUnreachable => "the host cannot be reached",
        TcpError.NetworkUnreachable => "no route there, or no address of this stack to start from",
        TcpError.ProtocolUnreachable => "the host does not speak TCP",
        TcpError.PortUnreachable => "nobody is at the port, says the host",
        TcpError.Prohibited => "forbidden on the way by an administrator",
        _ => "closed",
    };
}
