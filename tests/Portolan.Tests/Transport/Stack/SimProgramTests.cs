// Every run is bounded by the time of its world, and the overloads with arrays are what one program is about.
#pragma warning disable xUnit1051, CA1835
using System.Net;
using Portolan.Lab.Testing;
using Portolan.Packets.Links;
using Portolan.Transport;
using Portolan.Transport.Links;
using Portolan.Transport.Testing;

namespace Portolan.Tests.Transport.Stack;

/// <summary>
/// Programs that only await streams and pipes of a stack in virtual time, by <c>AsTask</c>, copies, arrays, pipes and
/// <c>ConfigureAwait(false)</c>: every run completes, with one trace, also while busy loops hold all cores and threads of the thread pool.
/// <c>PORTOLAN_LONG</c> makes a thousand runs of each.
/// </summary>
public sealed class SimProgramTests
{
    private const int Length = 100_000;

    private static readonly int Runs = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("PORTOLAN_LONG")) ? 10 : 1000;

    private static readonly Dictionary<string, Func<TcpStream, TcpStream, Task>> Programs = new(StringComparer.Ordinal)
    {
        ["AsTask"] = WriteThenReadAsync,
        ["WhenAll"] = static (left, right) =>
            Task.WhenAll(left.WriteAsync(new byte[Length]).AsTask(), right.ReadExactlyAsync(new byte[Length]).AsTask()),
        ["arrays"] = CopyArraysAsync,
        ["ConfigureAwait(false)"] = IgnoreContextAsync,
        ["CopyToAsync"] = EchoStreamAsync,
        ["PipeReader.CopyToAsync"] = EchoPipeAsync,
        ["PipeWriter.WriteAsync"] = FlushAsync,
        ["PipeReader.ReadAsync"] = ReadPipeAsync,
    };

    public static TheoryData<string, bool> Cases
    {
        get
        {
            var cases = new TheoryData<string, bool>();
            foreach (var name in Programs.Keys)
            {
                cases.Add(name, false);
                cases.Add(name, true);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_program_completes_in_every_run_with_one_trace(string name, bool isLoaded)
    {
        using var load = isLoaded ? new BusyLoops() : null;
        var expected = RunInWorld(Programs[name]);
        for (var run = 1; run < Runs; run++)
        {
            Assert.Equal(expected, RunInWorld(Programs[name]));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_program_completes_in_every_run_of_a_lab(string name, bool isLoaded)
    {
        using var load = isLoaded ? new BusyLoops() : null;
        for (var run = 0; run < Runs; run++)
        {
            await using var lab = TestLab.FromYaml("""
                name: pair
                networks: { net: { prefix: 198.18.0.0/24, latency: 10ms } }
                hosts: { client: 198.18.0.2, server: 198.18.0.1 }
                """);
            lab.Run(() => ConnectAndRunAsync(lab["client"], lab["server"], Programs[name]));
        }
    }

    /// <summary>Over Ethernet three requests for a hardware address may all be lost, and each waits two seconds for its answer.</summary>
    [Fact]
    public void A_line_without_neighbours_serves_every_seed()
    {
        for (var seed = 0ul; seed < (ulong)Runs; seed++)
        {
            RunInWorld(Programs["AsTask"], seed, LinkLayer.Ip, new FaultProfile { Delay = TimeSpan.FromSeconds(1), Loss = 0.05 });
        }
    }

    private static ulong RunInWorld(Func<TcpStream, TcpStream, Task> program) =>
        RunInWorld(program, 5, LinkLayer.Ethernet, new FaultProfile { Delay = TimeSpan.FromMilliseconds(10), Loss = 0.01 });

    private static ulong RunInWorld(Func<TcpStream, TcpStream, Task> program, ulong seed, LinkLayer layer, FaultProfile faults)
    {
        using var world = new SimWorld(seed);
        var (client, server) = (world.AddHost("client"), world.AddHost("server"));
        var cable = world.Connect(client, server, layer);
        cable.SetFaults(faults);
        client.AddAddress(cable.LeftInterface, "198.18.0.2", 24);
        server.AddAddress(cable.RightInterface, "198.18.0.1", 24);
        world.RunApplication(() => ConnectAndRunAsync(client.Stack, server.Stack, program), TimeSpan.FromHours(1));
        return world.Trace;
    }

    private static async Task ConnectAndRunAsync(NetworkStack client, NetworkStack server, Func<TcpStream, TcpStream, Task> program)
    {
        using var acceptor = server.ListenTcp(new IPEndPoint(IPAddress.Any, 7));
        var accepting = acceptor.AcceptAsync();
        await using var left = await client.ConnectTcpAsync("server", 7);
        await using var right = await accepting;
        await program(left, right);
    }

    private static async Task WriteThenReadAsync(TcpStream left, TcpStream right)
    {
        var writing = left.WriteAsync(new byte[Length]).AsTask();
        await right.ReadExactlyAsync(new byte[Length]);
        await writing;
    }

    private static async Task CopyArraysAsync(TcpStream left, TcpStream right)
    {
        var (writing, buffer) = (left.WriteAsync(new byte[Length], 0, Length, CancellationToken.None), new byte[Length]);
        for (var read = 0; read < Length;)
        {
            read += await right.ReadAsync(buffer, read, Length - read, CancellationToken.None);
        }

        await writing;
    }

    private static async Task IgnoreContextAsync(TcpStream left, TcpStream right)
    {
        var writing = left.WriteAsync(new byte[Length]).AsTask();
        await right.ReadExactlyAsync(new byte[Length]).ConfigureAwait(false);
        await writing.ConfigureAwait(false);
    }

    private static async Task EchoStreamAsync(TcpStream left, TcpStream right)
    {
        var echo = right.CopyToAsync(right);
        await WriteThenReadAsync(left, left);
        left.ShutdownWrite();
        await echo;
    }

    private static async Task EchoPipeAsync(TcpStream left, TcpStream right)
    {
        var echo = right.Input.CopyToAsync(right.Output);
        await WriteThenReadAsync(left, left);
        left.ShutdownWrite();
        await echo;
    }

    private static async Task FlushAsync(TcpStream left, TcpStream right)
    {
        var writing = left.Output.WriteAsync(new byte[Length]).AsTask();
        await right.ReadExactlyAsync(new byte[Length]);
        await writing;
    }

    private static async Task ReadPipeAsync(TcpStream left, TcpStream right)
    {
        var writing = left.WriteAsync(new byte[Length]).AsTask();
        for (var count = 0L; count < Length;)
        {
            var result = await right.Input.ReadAsync().AsTask();
            count += result.Buffer.Length;
            right.Input.AdvanceTo(result.Buffer.End);
        }

        await writing;
    }

    /// <summary>Holds every core, and as many threads of the pool, until it is disposed.</summary>
    private sealed class BusyLoops : IDisposable
    {
        private readonly List<Thread> _threads = [];
        private int _left = Environment.ProcessorCount;
        private volatile bool _isStopped;

        public BusyLoops()
        {
            for (var i = 0; i < Environment.ProcessorCount; i++)
            {
                var thread = new Thread(Spin) { IsBackground = true };
                thread.Start();
                _threads.Add(thread);
                ThreadPool.QueueUserWorkItem(_ =>
                {
                    Spin();
                    Interlocked.Decrement(ref _left);
                });
            }
        }

        public void Dispose()
        {
            _isStopped = true;
            _threads.ForEach(static thread => thread.Join());
            SpinWait.SpinUntil(() => Volatile.Read(ref _left) == 0, TimeSpan.FromSeconds(10));
        }

        private void Spin()
        {
            while (!_isStopped)
            {
                Thread.SpinWait(100);
            }
        }
    }
}
