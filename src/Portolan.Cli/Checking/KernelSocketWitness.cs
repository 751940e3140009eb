using System.Net.Sockets;
using Portolan.Linux.Sockets;
using Portolan.Model;
using Portolan.Scan.Checking;

namespace Portolan.Cli.Checking;

/// <summary>The kernel as a witness of what happens to a check's sockets.</summary>
internal sealed class KernelSocketWitness : ISocketWitness
{
    /// <inheritdoc/>
    public void Prepare(Socket socket) => SocketWitness.KeepErrors(socket);

    /// <inheritdoc/>
    public (InternetAddress Address, PortNumber Port)? LocalOf(Socket socket) =>
        SocketWitness.TryReadLocal(socket.SafeHandle, out var address, out var port) ? (address, port) : null;

    /// <inheritdoc/>
    public IcmpRefusal? TakeRefusal(Socket socket) => SocketWitness.TryTakeError(socket.SafeHandle, out var error)
        ? new IcmpRefusal(error.Origin == ErrorOrigin.Icmpv6, error.Type, error.Code, error.From)
        : null;

    /// <inheritdoc/>
    public int? RetransmissionsOf(Socket socket) => SocketWitness.CountRetransmissions(socket);
}
