// Every run is bounded by the time of its world, and the overloads with arrays are what one program is about.
#pragma warning disable xUnit1051, CA1835
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
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
        ["StreamReader"] = ReadLinesAsync,
        ["SslStream"] = EncryptAsync,
        ["Channel"] = ReadChannelAsync,
        ["Parallel.ForEachAsync"] = WriteInParallelAsync,
        ["Task.Run"] = RunOnPoolAsync,
        ["Task.Run that blocks"] = BlockOnPoolAsync,
        ["Task.Run that waits for a task"] = WaitOnPoolAsync,
        ["Task.Yield without a context"] = YieldAsync,
        ["Pipe"] = CopyThroughPipeAsync,
        ["CancelAsync"] = CancelAsync,
        ["timers of the pool"] = SetTimersOnPoolAsync,
    };

    /// <summary>Keys are drawn anew in each run, and threads of the pool side by side are first by chance.</summary>
    private static readonly HashSet<string> Varying = ["SslStream", "Parallel.ForEachAsync"];

    private static readonly Lazy<X509Certificate2> Certificate = new(static () =>
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=server", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
    });

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
            var trace = RunInWorld(Programs[name]);
            Assert.True(trace == expected || Varying.Contains(name), $"run {run} has another trace");
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

    private static async Task ReadLinesAsync(TcpStream left, TcpStream right)
    {
        var writer = new StreamWriter(left);
        using var reader = new StreamReader(right);
        var writing = WriteLinesAsync();
        for (var i = 0; i < 1000; i++)
        {
            Assert.Equal($"line {i}", await reader.ReadLineAsync());
        }

        await writing;

        async Task WriteLinesAsync()
        {
            for (var i = 0; i < 1000; i++)
            {
                await writer.WriteLineAsync($"line {i}");
            }

            await writer.FlushAsync();
        }
    }

    private static async Task EncryptAsync(TcpStream left, TcpStream right)
    {
        await using var client = new SslStream(left, leaveInnerStreamOpen: true, IsCertificate);
        await using var server = new SslStream(right, leaveInnerStreamOpen: true);
        await Task.WhenAll(client.AuthenticateAsClientAsync("server"), server.AuthenticateAsServerAsync(Certificate.Value));
        var writing = client.WriteAsync(new byte[Length]).AsTask();
        await server.ReadExactlyAsync(new byte[Length]);
        await writing;

        static bool IsCertificate(object sender, X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors) =>
            shown?.GetCertHashString() == Certificate.Value.GetCertHashString();
    }

    private static async Task ReadChannelAsync(TcpStream left, TcpStream right)
    {
        var channel = Channel.CreateBounded<byte[]>(2);
        var writing = Task.WhenAll(FillAsync(), WriteAllAsync());
        await right.ReadExactlyAsync(new byte[20_000]);
        await writing;

        async Task FillAsync()
        {
            for (var i = 0; i < 20; i++)
            {
                await channel.Writer.WriteAsync(new byte[1000]);
            }

            channel.Writer.Complete();
        }

        async Task WriteAllAsync()
        {
            await foreach (var block in channel.Reader.ReadAllAsync())
            {
                await left.WriteAsync(block);
            }
        }
    }

    private static async Task WriteInParallelAsync(TcpStream left, TcpStream right)
    {
        using var only = new SemaphoreSlim(1);
        var reading = right.ReadExactlyAsync(new byte[20_000]).AsTask();
        await Parallel.ForEachAsync(Enumerable.Range(0, 20), async (_, ended) =>
        {
            await only.WaitAsync(ended);
            await left.WriteAsync(new byte[1000], ended);
            only.Release();
        });
        await reading;
    }

    private static async Task RunOnPoolAsync(TcpStream left, TcpStream right)
    {
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < 10; i++)
            {
                await left.WriteAsync(new byte[Length / 10]);
                Thread.Sleep(i % 3);
            }
        });
        await right.ReadExactlyAsync(new byte[Length]);
        await writing;
    }

    private static async Task BlockOnPoolAsync(TcpStream left, TcpStream right)
    {
        var reading = Task.Run(() =>
        {
            right.ReadExactly(new byte[Length]);
            right.Write(new byte[1]);
        });
        await left.WriteAsync(new byte[Length]);
        await left.ReadExactlyAsync(new byte[1]);
        await reading;
    }

    private static async Task WaitOnPoolAsync(TcpStream left, TcpStream right)
    {
        await Task.Run(static () => Task.Run(static () => Thread.Sleep(1)).Wait());
        await WriteThenReadAsync(left, right);
    }

    private static async Task YieldAsync(TcpStream left, TcpStream right)
    {
        var writing = left.WriteAsync(new byte[Length]).AsTask();
        for (var count = 0; count < Length;)
        {
            count += await right.ReadAsync(new byte[10_000]).ConfigureAwait(false);
            await Task.Yield();
        }

        await writing.ConfigureAwait(false);
    }

    private static async Task CopyThroughPipeAsync(TcpStream left, TcpStream right)
    {
        var pipe = new Pipe();
        var copying = Task.WhenAll(FillAsync(), pipe.Reader.CopyToAsync(Stream.Null));
        await left.WriteAsync(new byte[Length]);
        left.ShutdownWrite();
        await copying;

        async Task FillAsync()
        {
            await right.CopyToAsync(pipe.Writer);
            await pipe.Writer.CompleteAsync();
        }
    }

    private static async Task CancelAsync(TcpStream left, TcpStream right)
    {
        using var ended = new CancellationTokenSource();
        var reading = left.ReadAsync(new byte[1], ended.Token).AsTask();
        await WriteThenReadAsync(left, right);
        await ended.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    private static async Task SetTimersOnPoolAsync(TcpStream left, TcpStream right)
    {
        await Task.Run(async () => await Task.Delay(TimeSpan.FromMinutes(1), left.Pipe.Stack.Time));
        await WriteThenReadAsync(left, right);
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
