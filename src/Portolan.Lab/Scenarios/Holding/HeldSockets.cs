using System.Net;
using System.Net.Sockets;
using Portolan.Lab.Running.Places;
using Portolan.Linux;
using Portolan.Linux.Sockets;

namespace Portolan.Lab.Scenarios.Holding;

/// <summary>
/// The sockets of a step as real ones of the kernels at the places of the lab's hosts, for as long as the lab runs: they shake hands and
/// close over the lab's network.
/// </summary>
/// <remarks>TIME-WAIT ends after the kernel's minute, and unanswered handshakes when its attempts are used up.</remarks>
internal sealed class HeldSockets : IDisposable
{
    /// <summary>How long a connection may take to open: a lesson's network may lose its first packets.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>How long a SYN may take to arrive.</summary>
    private static readonly TimeSpan Arrival = TimeSpan.FromSeconds(0.5);

    private readonly List<Socket> _sockets = [];
    private readonly Dictionary<string, KernelPlace> _places = new(StringComparer.Ordinal);
    private readonly List<string> _missing = [];

    private HeldSockets()
    {
    }

    /// <summary>Sockets that could not be opened, and why.</summary>
    internal IReadOnlyList<string> Missing => _missing;

    /// <summary>Opens them.</summary>
    /// <param name="plan">Which.</param>
    /// <param name="open">Opens the place of a host.</param>
    internal static async Task<HeldSockets> OpenAsync(HoldPlan plan, Func<string, Task<KernelPlace>> open)
    {
        var held = new HeldSockets();
        try
        {
            foreach (var host in plan.Hosts)
            {
                held._places[host] = await open(host);
            }

            await held.OpenAsync(plan);
            return held;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_sockets)
        {
            _sockets.ForEach(static socket => socket.Dispose());
        }
    }

    private async Task OpenAsync(HoldPlan plan)
    {
        foreach (var listener in plan.Listeners)
        {
            Try(
                $"{listener.Host} {listener.Local} {TcpState.Listen.Name()}",
                () => Listen(listener.Host, listener.Local, listener.IsShared));
        }

        foreach (var datagram in plan.Datagrams)
        {
            Try($"{datagram.Host} udp {datagram.Local}", () => Bind(datagram));
        }

        // A listener that has ended by then listened for its connections all the same.
        var ended = new List<Socket>();
        foreach (var (host, local) in plan.Connections.Select(static c => c.Second).OfType<HeldEnd>()
            .Select(static e => (e.Host, e.Local)).Distinct())
        {
            var place = _places[host];
            place.Services.Keep(local.Port);
            if (!place.Services.Listens(local))
            {
                Try($"{host} {local}", () => ended.Add(Listen(host, local, isShared: false)));
            }
        }

        await Task.WhenAll(plan.Connections.Select(ConnectAsync));
        ended.ForEach(static socket => socket.Dispose());
    }

    private void Try(string what, Action action)
    {
        try
        {
            action();
        }
        catch (SocketException exception)
        {
            Miss(what, exception);
        }
    }

    private void Miss(string what, Exception exception)
    {
        lock (_missing)
        {
            _missing.Add($"{what}: {(exception is OperationCanceledException ? "not opened in time" : exception.Message)}");
        }
    }

    private Socket Keep(Socket socket)
    {
        lock (_sockets)
        {
            _sockets.Add(socket);
        }

        return socket;
    }

    private Socket Listen(string host, IPEndPoint local, bool isShared)
    {
        Socket? socket = null;
        var place = _places[host];
        place.Run(() => socket = place.Services.Listen(local, isShared));
        return socket!;
    }

    private void Bind(HeldDatagram datagram) => _places[datagram.Host].Run(() =>
    {
        var socket = Keep(new Socket(datagram.Local.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        SocketReuse.AllowReuse(socket);
        socket.Bind(datagram.Local);
        if (datagram.Remote is { } remote)
        {
            socket.Connect(remote);
        }
    });

    private async Task ConnectAsync(HeldConnection connection)
    {
        var (first, second) = (connection.First, connection.Second);
        try
        {
            using var late = new CancellationTokenSource(Patience);
            Socket? socket = null;
            _places[first.Host].Run(() =>
            {
                socket = Keep(new Socket(first.Local.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
                SocketReuse.AllowReuse(socket);
                socket.Bind(first.Local);
                if (first.State == TcpState.SynSent)
                {
                    SocketFreeze.DropArriving(socket);
                }
            });
            if (first.State == TcpState.SynSent)
            {
                _ = socket!.ConnectAsync(connection.Remote).ContinueWith(static t => _ = t.Exception, TaskScheduler.Default);
                await Task.Delay(Arrival);
                return;
            }

            var accepted = _places[second!.Host].Services.ExpectAsync(second.Local.Port, first.Local, late.Token);
            await socket!.ConnectAsync(connection.Remote, late.Token);
            await HeldConnections.BringAsync(socket, first.State, Keep(await accepted), second.State);
        }
        catch (Exception exception) when (exception is SocketException or LinuxException or OperationCanceledException)
        {
            Miss($"{first.Host} {first.Local} -> {connection.Remote}", exception);
        }
    }
}
