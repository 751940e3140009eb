using System.Net;

namespace Portolan.Kernel.Tests.Transport.Sockets;

/// <summary>Situations of UDP in which programs have catch blocks.</summary>
internal static class DatagramSituations
{
    private static readonly byte[] Some = [1, 2, 3, 4];

    internal static IReadOnlyDictionary<string, Func<ISocketWorld, Protocol, Task>> OnLoopback { get; } =
        new SortedDictionary<string, Func<ISocketWorld, Protocol, Task>>(StringComparer.Ordinal)
        {
            ["send to a port where nobody is"] = static async (world, notes) =>
            {
                using var endpoint = world.Bind(new IPEndPoint(world.Server, 0));
                await endpoint.ConnectAsync(new IPEndPoint(world.Server, 9));
                await notes.Note("send", () => endpoint.SendAsync(Some));
                await notes.Note("receive", () => endpoint.ReceiveAsync(new byte[10]));
                await notes.Note("send again", () => endpoint.SendAsync(Some));
            },
            ["send twice to a port where nobody is"] = static async (world, notes) =>
            {
                using var endpoint = world.Bind(new IPEndPoint(world.Server, 0));
                await endpoint.ConnectAsync(new IPEndPoint(world.Server, 9));
                await notes.Note("send", () => endpoint.SendAsync(Some));
                await notes.Note("send till it fails", async () =>
                {
                    for (var i = 0; i < 1000; i++)
                    {
                        await endpoint.SendAsync(Some);
                        await Task.Delay(1);
                    }
                });
            },
            ["send to a port where nobody is, unconnected"] = static async (world, notes) =>
            {
                using var endpoint = world.Bind(new IPEndPoint(world.Server, 0));
                await notes.Note("send", () => endpoint.SendAsync(Some, new IPEndPoint(world.Server, 9)));
                await notes.Note("send again", () => endpoint.SendAsync(Some, new IPEndPoint(world.Server, 9)));
                using var cancel = new CancellationTokenSource(50);
                await notes.Note("receive", () => endpoint.ReceiveAsync(new byte[10], cancel.Token));
            },
            ["send nowhere"] = static async (world, notes) =>
            {
                using var endpoint = world.Bind(new IPEndPoint(world.Server, 0));
                await notes.Note("unconnected", () => endpoint.SendAsync(Some));
                await notes.Note("port 0", () => endpoint.SendAsync(Some, new IPEndPoint(world.Server, 0)));
            },
            ["send too much"] = static async (world, notes) =>
            {
                using var endpoint = world.Bind(new IPEndPoint(world.Server, 0));
                await notes.Note("too much", () => endpoint.SendAsync(new byte[65508], new IPEndPoint(world.Server, 9)));
                await notes.Note("as much as may be", () => endpoint.SendAsync(new byte[65507], new IPEndPoint(world.Server, 9)));
            },
            ["send with a token that is cancelled"] = static async (world, notes) =>
            {
                using var endpoint = world.Bind(new IPEndPoint(world.Server, 0));
                await notes.Note(
                    "send", () => endpoint.SendAsync(Some, new IPEndPoint(world.Server, 9), new CancellationToken(canceled: true)));
                await notes.Note("receive", () => endpoint.ReceiveAsync(new byte[10], new CancellationToken(canceled: true)));
            },
            ["receive into a short buffer"] = static async (world, notes) =>
            {
                using var endpoint = world.Bind(new IPEndPoint(world.Server, 0));
                var to = new IPEndPoint(world.Server, endpoint.Port);
                await endpoint.SendAsync(Some, to);
                await endpoint.SendAsync([9], to);
                await notes.Note("receive", () => endpoint.ReceiveAsync(new byte[3]));
                await notes.Note("the next", () => endpoint.ReceiveAsync(new byte[3]));
            },
            ["receive nothing"] = static async (world, notes) =>
            {
                using var endpoint = world.Bind(new IPEndPoint(world.Server, 0));
                var to = new IPEndPoint(world.Server, endpoint.Port);
                await notes.Note("send", () => endpoint.SendAsync([], to));
                await notes.Note("receive", () => endpoint.ReceiveAsync(new byte[3]));
            },
            ["bind a port that is bound"] = static (world, notes) =>
            {
                using var endpoint = world.Bind(new IPEndPoint(world.Server, 0));
                notes.Note("the same address", () => world.Bind(new IPEndPoint(world.Server, endpoint.Port)));
                notes.Note("all addresses", () => world.Bind(new IPEndPoint(IPAddress.Any, endpoint.Port)));
                notes.Note("an address of somebody else", () => world.Bind(new IPEndPoint(IPAddress.Parse("203.0.113.9"), 0)));
                return Task.CompletedTask;
            },
            ["disposed while receiving"] = static async (world, notes) =>
            {
                var endpoint = world.Bind(new IPEndPoint(world.Server, 0));
                var receive = endpoint.ReceiveAsync(new byte[10]);
                endpoint.Dispose();
                await notes.Note("receive", () => receive);
                await notes.Note("receive after", () => endpoint.ReceiveAsync(new byte[10]));
                await notes.Note("send after", () => endpoint.SendAsync(Some, new IPEndPoint(world.Server, 9)));
            },
            ["receive cancelled, then a datagram"] = static async (world, notes) =>
            {
                using var endpoint = world.Bind(new IPEndPoint(world.Server, 0));
                using var cancel = new CancellationTokenSource();
                var receive = endpoint.ReceiveAsync(new byte[10], cancel.Token);
                await cancel.CancelAsync();
                await notes.Note("cancelled", () => receive);
                await endpoint.SendAsync(Some, new IPEndPoint(world.Server, endpoint.Port));
                await notes.Note("receive", () => endpoint.ReceiveAsync(new byte[10]));
            },
        };

    internal static IReadOnlyDictionary<string, Func<ISocketWorld, Protocol, Task>> OnCable { get; } =
        new SortedDictionary<string, Func<ISocketWorld, Protocol, Task>>(StringComparer.Ordinal)
        {
            ["send where no route goes"] = static async (world, notes) =>
            {
                using var endpoint = world.Bind(new IPEndPoint(IPAddress.Any, 0));
                await notes.Note("send", () => endpoint.SendAsync(Some, new IPEndPoint(IPAddress.Parse("203.0.113.1"), 9)));
                await notes.Note("connect", () => endpoint.ConnectAsync(new IPEndPoint(IPAddress.Parse("203.0.113.1"), 9)));
            },
        };
}
