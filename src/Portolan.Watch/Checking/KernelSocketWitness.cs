using System.Net.Sockets;
using Portolan.Linux.Sockets;
using Portolan.Scan.Checking;

namespace Portolan.Watch.Checking;

/// <summary>The kernel as a witness of what happens to a check's sockets.</summary>
internal sealed class KernelSocketWitness : ISocketWitness
{
    /// <inheritdoc/>
    public void Prepare(Socket socket) => SocketWitness.KeepErrors(socket);

    /// <inheritdoc/>
    public (InternetAddress Address, PortNumber Port)? LocalOf(Socket socket) =>
        SocketWitness.TryReadLocal(socket, out var address, out var port) ? (address, port) : null;

    /// <inheritdoc/>
    public IcmpRefusal? TakeRefusal(Socket socket, RemoteSocket remote) =>
        SocketWitness.TryTakeError(socket, remote.Address, remote.Port, out var report) && report.Reporter is { } reporter
            ? new IcmpRefusal(!remote.Address.IsIPv4, report.Type, report.Code, reporter)
            : null;

    /// <inheritdoc/>
    public TcpFacts? FactsOf(Socket socket) =>
        SocketWitness.TryReadTcp(socket, out var retransmissions, out var roundTrip) ? new TcpFacts(retransmissions, roundTrip) : null;
}
