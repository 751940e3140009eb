using System.Net;
using System.Net.Sockets;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Transport.Sockets;

/// <summary>Situations of TCP in which programs have catch blocks. Each notes what every call gave.</summary>
internal static class SocketSituations
{
    private static readonly byte[] Some = [1, 2, 3, 4];

    internal static IReadOnlyDictionary<string, Func<ISocketWorld, Protocol, Task>> OnLoopback { get; } =
        new SortedDictionary<string, Func<ISocketWorld, Protocol, Task>>(StringComparer.Ordinal)
        {
            ["connect to a port where nobody listens"] = static (world, notes) =>
                notes.Note("connect", () => world.ConnectAsync(new IPEndPoint(world.Server, 9))),
            ["connect to port 0"] = static (world, notes) =>
                notes.Note("connect", () => world.ConnectAsync(new IPEndPoint(world.Server, 0))),
            ["connect to the unspecified address"] = static async (world, notes) =>
            {
                using var listener = world.Listen(new IPEndPoint(world.Server, 0));
                await notes.Note("connect", async () => Drop(await world.ConnectAsync(new IPEndPoint(IPAddress.Any, listener.Port))));
            },
            ["connect with a token that is cancelled"] = static (world, notes) =>
                notes.Note(
                    "connect",
                    () => world.ConnectAsync(new IPEndPoint(world.Server, 9), from: null, new CancellationToken(canceled: true))),
            ["connect from an address of somebody else"] = static (world, notes) =>
                notes.Note(
                    "connect",
                    () => world.ConnectAsync(new IPEndPoint(world.Server, 9), new IPEndPoint(IPAddress.Parse("203.0.113.9"), 0))),
            ["connect twice from one port to the same listener"] = static async (world, notes) =>
            {
                await using var pair = await Pair.MakeAsync(world);
                await notes.Note(
                    "connect", async () => Drop(await world.ConnectAsync(pair.Address, new IPEndPoint(world.Server, pair.ClientPort))));
            },
            ["connect after the listener has closed"] = static async (world, notes) =>
            {
                var listener = world.Listen(new IPEndPoint(world.Server, 0));
                var port = listener.Port;
                listener.Dispose();
                await notes.Note("connect", () => world.ConnectAsync(new IPEndPoint(world.Server, port)));
            },
            ["listen to a port that is listened to"] = static (world, notes) =>
            {
                using var listener = world.Listen(new IPEndPoint(world.Server, 0));
                notes.Note("the same address", () => world.Listen(new IPEndPoint(world.Server, listener.Port)));
                notes.Note("all addresses", () => world.Listen(new IPEndPoint(IPAddress.Any, listener.Port)));
                notes.Note("both families", () => world.Listen(new IPEndPoint(IPAddress.IPv6Any, listener.Port), isDualStack: true));
                notes.Note("the other family", () => Drop(world.Listen(new IPEndPoint(IPAddress.IPv6Any, listener.Port))));
                return Task.CompletedTask;
            },
            ["listen at an address of somebody else"] = static (world, notes) =>
            {
                notes.Note("listen", () => world.Listen(new IPEndPoint(IPAddress.Parse("203.0.113.9"), 0)));
                return Task.CompletedTask;
            },
            ["listen again while a connection of the old listener is open"] = static async (world, notes) =>
            {
                await using var pair = await Pair.MakeAsync(world);
                pair.Listener.Dispose();
                notes.Note("listen", () => Drop(world.Listen(pair.Address)));
            },
            ["listen again after a connection was closed by the server"] = static async (world, notes) =>
            {
                await using var pair = await Pair.MakeAsync(world);
                pair.Listener.Dispose();
                await pair.There.DisposeAsync();
                await notes.Note("end", () => ReadAsync(pair.Here));
                await pair.Here.DisposeAsync();
                notes.Note("listen", () => Drop(world.Listen(pair.Address)));
            },
            ["listen to both families"] = static async (world, notes) =>
            {
                using var listener = world.Listen(new IPEndPoint(IPAddress.IPv6Any, 0), isDualStack: true);
                await notes.Note("IPv4", async () => Drop(await world.ConnectAsync(new IPEndPoint(IPAddress.Loopback, listener.Port))));
                await notes.Note("accept", async () => Drop(await listener.AcceptAsync()));
                await notes.Note("IPv6", async () => Drop(await world.ConnectAsync(new IPEndPoint(IPAddress.IPv6Loopback, listener.Port))));
                await notes.Note("accept", async () => Drop(await listener.AcceptAsync()));
            },
            ["listen to IPv6 alone"] = static async (world, notes) =>
            {
                using var listener = world.Listen(new IPEndPoint(IPAddress.IPv6Any, 0));
                await notes.Note("IPv4", () => world.ConnectAsync(new IPEndPoint(IPAddress.Loopback, listener.Port)));
                await notes.Note("IPv6", async () => Drop(await world.ConnectAsync(new IPEndPoint(IPAddress.IPv6Loopback, listener.Port))));
            },
            ["accept cancelled, then a connection"] = static async (world, notes) =>
            {
                using var listener = world.Listen(new IPEndPoint(world.Server, 0));
                using var cancel = new CancellationTokenSource();
                var accept = listener.AcceptAsync(cancel.Token);
                await cancel.CancelAsync();
                await notes.Note("cancelled", () => accept);
                await notes.Note("cancelled before", () => listener.AcceptAsync(new CancellationToken(canceled: true)));
                await notes.Note("connect", async () => Drop(await world.ConnectAsync(new IPEndPoint(world.Server, listener.Port))));
                await notes.Note("accept", async () => Drop(await listener.AcceptAsync()));
            },
            ["a listener disposed while somebody accepts"] = static async (world, notes) =>
            {
                var listener = world.Listen(new IPEndPoint(world.Server, 0));
                var accept = listener.AcceptAsync();
                listener.Dispose();
                await notes.Note("accept", () => accept);
                await notes.Note("accept after", () => listener.AcceptAsync());
            },
            ["a listener disposed before its connection was accepted"] = static async (world, notes) =>
            {
                var listener = world.Listen(new IPEndPoint(world.Server, 0));
                await using var stream = await world.ConnectAsync(new IPEndPoint(world.Server, listener.Port));
                listener.Dispose();
                await notes.Note("read", () => ReadAsync(stream));
            },
            ["read after the end"] = static async (world, notes) =>
            {
                await using var pair = await Pair.MakeAsync(world);
                await pair.There.WriteAsync(Some);
                await pair.There.DisposeAsync();
                await notes.Note("data", () => ReadAsync(pair.Here));
                await notes.Note("end", () => ReadAsync(pair.Here));
                await notes.Note("end again", () => ReadAsync(pair.Here));
                notes.Note("end in sync", () => pair.Here.Read(new byte[1]));
            },
            ["write to a peer that has closed"] = static async (world, notes) =>
            {
                await using var pair = await Pair.MakeAsync(world);
                await pair.There.DisposeAsync();
                await notes.Note("end", () => ReadAsync(pair.Here));
                await notes.Note("first write", () => WriteAsync(pair.Here));
                await notes.Note("later write", () => WriteTillFailureAsync(pair.Here));
                await notes.Note("write after that", () => WriteAsync(pair.Here));
                await notes.Note("read", () => ReadAsync(pair.Here));
            },
            ["write after shutting down writing"] = static async (world, notes) =>
            {
                await using var pair = await Pair.MakeAsync(world);
                world.ShutdownWrite(pair.Here);
                await notes.Note("write", () => WriteAsync(pair.Here));
                notes.Note("write in sync", () => Write(pair.Here));
                await notes.Note("peer reads", () => ReadAsync(pair.There));
                await notes.Note("peer writes", () => WriteAsync(pair.There));
                await notes.Note("read", () => ReadAsync(pair.Here));
                world.ShutdownWrite(pair.Here);
                await notes.Note("flush", () => pair.Here.FlushAsync());
            },
            ["reset while reading"] = static async (world, notes) =>
            {
                await using var pair = await Pair.MakeAsync(world);
                var read = ReadAsync(pair.Here);
                world.Abort(pair.There);
                await notes.Note("read", () => read);
            },
            ["reset while reading, the peer's data unread"] = static async (world, notes) =>
            {
                await using var pair = await Pair.MakeAsync(world);
                await pair.Here.WriteAsync(Some);
                var read = ReadAsync(pair.Here);
                await pair.There.ReadExactlyAsync(new byte[1]);
                world.Close(pair.There);
                await notes.Note("read", () => read);
            },
            ["reset while writing"] = static async (world, notes) =>
            {
                await using var pair = await Pair.MakeAsync(world);
                var write = WriteTillFailureAsync(pair.Here);
                await pair.There.ReadExactlyAsync(new byte[1000]);
                world.Abort(pair.There);
                await notes.Note("write", () => write);
            },
            ["write to a peer that has reset"] = static async (world, notes) =>
            {
                await using var pair = await Pair.MakeAsync(world);
                world.Abort(pair.There);

                // The kernel tells of a reset once, and from then on that the connection is shut down; which of them a write meets is a
                // matter of time.
                await notes.Note("write", async () =>
                {
                    try
                    {
                        await WriteTillFailureAsync(pair.Here);
                    }
                    catch (IOException exception)
                        when (exception.InnerException is SocketException { SocketErrorCode: SocketError.Shutdown })
                    {
                        throw new IOException(exception.Message, new SocketException((int)SocketError.ConnectionReset));
                    }
                });
            },
            ["in use again after a cancelled read"] = static async (world, notes) =>
            {
                await using var pair = await Pair.MakeAsync(world);
                using var cancel = new CancellationTokenSource();
                var read = ReadAsync(pair.Here, cancel.Token);
                await cancel.CancelAsync();
                await notes.Note("cancelled", () => read);
                await notes.Note("cancelled before", () => ReadAsync(pair.Here, new CancellationToken(canceled: true)));
                await pair.There.WriteAsync(Some);
                await notes.Note("read", () => ReadAsync(pair.Here));
            },
            ["a cancelled write"] = static async (world, notes) =>
            {
                await using var pair = await Pair.MakeAsync(world);
                using var cancel = new CancellationTokenSource();
                var write = WriteTillFailureAsync(pair.Here, cancel.Token);
                await cancel.CancelAsync();
                await notes.Note("cancelled", () => write);
                await notes.Note("cancelled before", () => pair.Here.WriteAsync(Some, new CancellationToken(canceled: true)).AsTask());
            },
            ["closed on this side while reading"] = static async (world, notes) =>
            {
                await using var pair = await Pair.MakeAsync(world);
                var read = ReadAsync(pair.Here);

                // The framework resets a socket that is closed under a call of its own; the stack does as close(2).
                world.Close(pair.Here);
                await notes.Note("read", () => read);
            },
            ["closed on this side while writing"] = static async (world, notes) =>
            {
                await using var pair = await Pair.MakeAsync(world);
                var write = pair.Here.WriteAsync(new byte[64 << 20]).AsTask();
                world.Close(pair.Here);
                await notes.Note("write", () => write);
            },
            ["calls on a stream that is disposed"] = static async (world, notes) =>
            {
                await using var pair = await Pair.MakeAsync(world);
                var stream = pair.Here;
                await stream.DisposeAsync();
                await stream.DisposeAsync();
                notes.Note("can", () => $"{stream.CanRead} {stream.CanWrite} {stream.CanSeek}");
                await notes.Note("read", () => ReadAsync(stream));
                await notes.Note("write", () => WriteAsync(stream));
                await notes.Note("write nothing", () => stream.WriteAsync(ReadOnlyMemory<byte>.Empty).AsTask());
                notes.Note("read in sync", () => stream.Read(new byte[1]));
                notes.Note("write in sync", () => Write(stream));
            },
            ["when a call fails, and when the task of it"] = static async (world, notes) =>
            {
                await using var pair = await Pair.MakeAsync(world);
                notes.Note("cancelled read", () => Ends(pair.Here.ReadAsync(new byte[1], new CancellationToken(canceled: true)).AsTask()));
                notes.Note("cancelled write", () => Ends(pair.Here.WriteAsync(Some, new CancellationToken(canceled: true)).AsTask()));
                world.Abort(pair.There);
                await notes.Note("reset", () => ReadAsync(pair.Here));
                notes.Note("reset write", () => Ends(pair.Here.WriteAsync(Some).AsTask()));
                pair.Here.Dispose();
                notes.Note("disposed read", () => Ends(pair.Here.ReadAsync(new byte[1]).AsTask()));
                notes.Note("disposed write", () => Ends(pair.Here.WriteAsync(Some).AsTask()));
            },
            ["what a stream of a network is not"] = static async (world, notes) =>
            {
                await using var pair = await Pair.MakeAsync(world);
                var stream = pair.Here;
                notes.Note("can", () => $"{stream.CanRead} {stream.CanWrite} {stream.CanSeek} {stream.CanTimeout}");
                notes.Note("length", () => stream.Length);
                notes.Note("position", () => stream.Position);
                notes.Note("seek", () => stream.Seek(0, SeekOrigin.Begin));
                notes.Note("read outside the array", () => stream.Read(new byte[4], 2, 3));
                notes.Note("write of no array", () => Write(stream, null!));
            },
            ["a read that times out"] = static async (world, notes) =>
            {
                await using var pair = await Pair.MakeAsync(world);
                notes.Note("at first", () => $"{pair.Here.ReadTimeout} {pair.Here.WriteTimeout}");
                notes.Note("no time", () => pair.Here.ReadTimeout = 0);
                pair.Here.ReadTimeout = 50;
                notes.Note("read", () => pair.Here.Read(new byte[1]));
                pair.Here.ReadTimeout = Timeout.Infinite;
                await pair.There.WriteAsync(Some);
                notes.Note("read again", () => pair.Here.Read(new byte[4]));
            },
            ["a write that times out"] = static async (world, notes) =>
            {
                await using var pair = await Pair.MakeAsync(world);
                pair.Here.WriteTimeout = 50;
                notes.Note("write", () => Write(pair.Here, new byte[64 << 20]));
            },
            ["reads and writes of no bytes"] = static async (world, notes) =>
            {
                await using var pair = await Pair.MakeAsync(world);
                var read = pair.Here.ReadAsync(Memory<byte>.Empty).AsTask();
                notes.Note("waits", () => !read.IsCompleted);
                await pair.There.WriteAsync(Some);
                await notes.Note("read", () => read);
                await notes.Note("read what came", () => ReadAsync(pair.Here));
                await notes.Note("write", () => pair.Here.WriteAsync(ReadOnlyMemory<byte>.Empty).AsTask());
                await pair.There.DisposeAsync();
                await notes.Note("read at the end", async () => await pair.Here.ReadAsync(Memory<byte>.Empty));
            },
        };

    internal static IReadOnlyDictionary<string, Func<ISocketWorld, Protocol, Task>> OnCable { get; } =
        new SortedDictionary<string, Func<ISocketWorld, Protocol, Task>>(StringComparer.Ordinal)
        {
            ["connect where no route goes"] = static (world, notes) =>
                notes.Note("connect", () => world.ConnectAsync(new IPEndPoint(IPAddress.Parse("203.0.113.1"), 9))),
            ["connect to a host that is not there"] = static (world, notes) =>
                notes.Note("connect", () => world.ConnectAsync(new IPEndPoint(IPAddress.Parse("198.18.0.77"), 9))),
            ["connect to a host that says nothing"] = static (world, notes) =>
                notes.Note("connect", () => world.ConnectAsync(new IPEndPoint(IPAddress.Parse("198.18.0.66"), 9))),
            ["connect over IPv6 without an address"] = static (world, notes) =>
                notes.Note("connect", () => world.ConnectAsync(new IPEndPoint(IPAddress.Parse("2001:db8::1"), 9))),
            ["connect to everybody"] = static async (world, notes) =>
            {
                await notes.Note("broadcast", () => world.ConnectAsync(new IPEndPoint(IPAddress.Broadcast, 9)));
                await notes.Note("broadcast of the network", () => world.ConnectAsync(new IPEndPoint(IPAddress.Parse("198.18.0.255"), 9)));
                await notes.Note("group", () => world.ConnectAsync(new IPEndPoint(IPAddress.Parse("239.1.2.3"), 9)));
            },
            ["connect where ICMP answers"] = static async (world, notes) =>
            {
                foreach (var (port, name) in new[] { (21, "no route to the network"), (22, "no route to the "
                    + "host"), (23, "no such protocol"),
                (24, "nobody at the port"), (25, "forbidden") })
                {
                    await notes.Note(name, () => world.ConnectAsync(new IPEndPoint(world.Server, port)));
                }
            },
            ["connect cancelled while nobody answers"] = static async (world, notes) =>
            {
                using var cancel = new CancellationTokenSource();
                var connect = world.ConnectAsync(new IPEndPoint(IPAddress.Parse("198.18.0.66"), 9), from: null, cancel.Token);
                cancel.CancelAfter(100);
                await notes.Note("connect", () => connect);
            },
            ["the peer falls silent while this side writes"] = static async (world, notes) =>
            {
                await using var pair = await Pair.MakeAsync(world);
                world.SetUserTimeout(pair.Here, TimeSpan.FromSeconds(1));
                world.CutOff();
                var read = ReadAsync(pair.Here);
                await notes.Note("write", () => WriteAsync(pair.Here));
                await notes.Note("read", () => read);
            },
        };

    private static async Task<int> ReadAsync(Stream stream, CancellationToken cancellationToken = default) =>
        await stream.ReadAsync(new byte[100], cancellationToken);

    private static Task WriteAsync(Stream stream) => stream.WriteAsync(Some).AsTask();

    private static async Task WriteTillFailureAsync(Stream stream, CancellationToken cancellationToken = default)
    {
        var much = new byte[1 << 20];
        while (true)
        {
            await stream.WriteAsync(much, cancellationToken);
        }
    }

    private static string Write(Stream stream) => Write(stream, Some);

    private static string Write(Stream stream, byte[] data)
    {
        stream.Write(data, 0, data is null ? 4 : data.Length);
        return "done";
    }

    /// <summary>Whether the call gave a task, in whatever state.</summary>
    private static string Ends(Task task) => task.ContinueWith(static t => $"{t.Status}", TaskScheduler.Default).Await("a task ends");

    private static string Drop(IDisposable made)
    {
        made.Dispose();
        return "done";
    }
}

/// <summary>A connection: this side and the other.</summary>
internal sealed record Pair(ISocketListener Listener, IPEndPoint Address, Stream Here, Stream There) : IAsyncDisposable
{
    internal int ClientPort => Here is System.Net.Sockets.NetworkStream network
        ? ((IPEndPoint)network.Socket.LocalEndPoint!).Port
        : ((Portolan.Transport.TcpStream)Here).LocalEndPoint.Port;

    internal static async Task<Pair> MakeAsync(ISocketWorld world)
    {
        var listener = world.Listen(new IPEndPoint(world.Server, 0));
        var address = new IPEndPoint(world.Server, listener.Port);
        var accept = listener.AcceptAsync();
        var here = await world.ConnectAsync(address);
        return new Pair(listener, address, here, await accept);
    }

    public async ValueTask DisposeAsync()
    {
        Listener.Dispose();
        await Here.DisposeAsync();
        await There.DisposeAsync();
    }
}
