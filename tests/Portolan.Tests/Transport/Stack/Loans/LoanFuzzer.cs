using System.Net;
using System.Net.Sockets;
using Portolan.Transport;
using Portolan.Transport.Links;

namespace Portolan.Tests.Transport.Stack.Loans;

/// <summary>
/// Searches for memory of one connection that another one sees: connections with marked bytes are read, written, aborted, disposed and
/// cancelled by many threads while memory is scarce, and stacks are disposed below them. Threads take their own course: a seed repeats what
/// is done, not when.
/// </summary>
internal static class LoanFuzzer
{
    private const int Workers = 6;

    /// <summary>Longer than a stream waits for a FIN whose sender has gone without a word (its RST was lost): a minute.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(200);

    private static int _numbers;

    /// <summary>One network of two stacks, from beginning to end.</summary>
    /// <param name="seed">What it is like, and what is done in it.</param>
    /// <param name="connections">How many connections each of its workers makes, one after the other.</param>
    /// <param name="tally">What was seen.</param>
    internal static async Task RunAsync(int seed, int connections, LoanTally tally)
    {
        var random = new Random(seed);
        await using var network = new MemoryNetwork(new MemoryNetworkOptions
        {
            Seed = (ulong)seed,
            Mtu = random.Next(2) == 0 ? 1500 : 9000,
            Faults = random.Next(4) == 0
                ? new FaultProfile { Loss = 0.01, Reordering = 0.02, ReorderDelay = TimeSpan.FromMilliseconds(1) }
                : FaultProfile.None,
        });
        var (client, server) = (Add("client", "198.18.0.2/24"), Add("server", "198.18.0.1/24"));
        var endsEarly = random.Next(3) == 0;
        var talks = new List<LoanTalk>();
        using var over = new CancellationTokenSource();
        var workers = Enumerable.Range(0, Workers).Select(i => Task.Run(() => WorkAsync(i, new Random(seed + i)))).ToList();
        workers.Add(new LoanDatagrams(tally).RunAsync(client, server, new Random(seed - 1)));
        if (endsEarly)
        {
            // In the middle of all of it.
            await Task.WhenAny(workers[0], Task.Delay(50 + random.Next(200)));
            await (random.Next(2) == 0 ? client : server).DisposeAsync().AsTask().WaitAsync(Patience);

            // Nobody connects any more to who accepts.
            await over.CancelAsync();
        }

        try
        {
            await Task.WhenAll(workers).WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            var busy = talks.Select(static t => t.Describe()).Where(static t => t[^1] != ' ');
            tally.Faults.Enqueue($"seed {seed} does not end: {string.Join("; ", busy)}");
            return;
        }

        foreach (var talk in talks)
        {
            talk.LookAgain();
        }

        if (!endsEarly)
        {
            await CheckFlatAsync(client);
            await CheckFlatAsync(server);
        }

        async Task WorkAsync(int worker, Random own)
        {
            try
            {
                using var acceptor = server.ListenTcp(new IPEndPoint(IPAddress.Any, 7 + worker));
                for (var i = 0; i < connections; i++)
                {
                    var accepting = acceptor.AcceptAsync(over.Token).AsTask();
                    var here = await client.ConnectTcpAsync("server", 7 + worker, over.Token);
                    var talk = new LoanTalk(Interlocked.Increment(ref _numbers), own.Next(), tally);
                    lock (talks)
                    {
                        talks.Add(talk);
                    }

                    await talk.RunAsync(here, await accepting);
                }
            }
            catch (Exception exception) when (exception is ObjectDisposedException or SocketException or OperationCanceledException)
            {
                // A stack was disposed.
            }
        }

        NetworkStack Add(string name, string address) => network.AddStack(
            new NetworkStackOptions
            {
                Name = name,
                MemoryLimit = (1L + random.Next(8)) << 20,
                WriteBufferLimit = 1 << random.Next(10, 17),
                CloseTimeout = TimeSpan.FromMilliseconds(20),
                RunsContinuationsInline = random.Next(4) == 0,
            },
            address);

        async Task CheckFlatAsync(NetworkStack stack)
        {
            var (buffers, blocks) = Lacking(stack);
            for (var tries = 0; tries < 1000 && buffers + blocks > 0; tries++)
            {
                await Task.Delay(10);
                (buffers, blocks) = Lacking(stack);
            }

            if (buffers + blocks > 0)
            {
                tally.Faults.Enqueue($"seed {seed}: {stack.Name} lacks {buffers} bytes of connections and {blocks} of writers at the end");
            }
        }
    }

    /// <summary>
    /// Buffers of connections and blocks of writers. Of packet memory more may be out: a datagram whose fragments did not all come waits.
    /// </summary>
    private static (long Buffers, long Blocks) Lacking(NetworkStack stack) => (stack.Layers.Tcp.MemoryUsed, stack.WriteBlocks.Used);
}
