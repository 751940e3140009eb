using System.Net.Sockets;
using Portolan.Lab.Running.Time;
using Portolan.Lab.Services;
using Portolan.Lab.Topology;
using Portolan.Transport;

namespace Portolan.Lab.Running.Hosts;

/// <summary>Accepts the connections of a listener and has the service of their port speak with them.</summary>
/// <remarks>All of it goes on on the lab's thread: see <see cref="Time.LabContext"/>.</remarks>
internal static class TcpServer
{
    /// <summary>Begins to accept; it ends with the acceptor.</summary>
    internal static void Run(TcpAcceptor acceptor, VirtualHost host, PortPolicies policies, LabEnvironment lab) =>
        lab.Loop.Post(_ => _ = RunAsync(acceptor, host, policies, lab), null);

    private static async Task RunAsync(TcpAcceptor acceptor, VirtualHost host, PortPolicies policies, LabEnvironment lab)
    {
        await foreach (var stream in acceptor.AcceptAllAsync(lab.Stopping))
        {
            _ = ServeAsync(stream, host, policies, lab);
        }
    }

    private static async Task ServeAsync(TcpStream stream, VirtualHost host, PortPolicies policies, LabEnvironment lab)
    {
        try
        {
            await using (stream)
            {
                await ServeAsync(policies.Of(TransportProtocol.Tcp, (ushort)stream.LocalEndPoint.Port), stream, host, lab);
            }
        }
        catch (Exception exception)
            when (exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The client went, or the lab ends.
        }
    }

    private static Task ServeAsync(PortPolicy policy, TcpStream stream, VirtualHost host, LabEnvironment lab)
    {
        switch (policy)
        {
            case TarpitPort tarpit:
                return DripAsync(stream, tarpit.Interval, lab);
            case SynProxyPort { Behind: null }:
                // What the proxy answered is no one's: it resets what it has no host for.
                stream.Abort();
                return Task.CompletedTask;
            case ProxyPort proxy when lab.Outside is { } outside:
                return outside.PassAsync(stream, proxy, lab);
            case ExecPort exec when lab.Outside is { } outside:
                return outside.RunAsync(stream, exec, lab);
            default:
                return ServeAsync(policy, stream, host, lab.Loop.Others, lab.Stopping);
        }
    }

    private static async Task ServeAsync(
        PortPolicy policy, TcpStream stream, VirtualHost host, OtherThreads others, CancellationToken stopping)
    {
        var service = policy.FindService() ?? ServiceSpec.Mute;
        if (!ServiceCatalogue.TryFind(service.Name, out var found) || found is not IStreamService server)
        {
            return;
        }

        if (server.UsesOtherThreads)
        {
            others.Serve(stream);
            LabContext.Enter(stream);
        }

        try
        {
            await server.ServeAsync(
                stream, new ServiceCall(host.Services!, service, stream.LocalEndPoint, stream.RemoteEndPoint), stopping);
        }
        finally
        {
            others.Leave(stream);
        }
    }

    private static async Task DripAsync(TcpStream stream, TimeSpan interval, LabEnvironment lab)
    {
        var drop = new byte[] { (byte)'.' };
        while (true)
        {
            await Task.Delay(interval, lab.Clock, lab.Stopping);
            await stream.WriteAsync(drop, lab.Stopping);
        }
    }
}
