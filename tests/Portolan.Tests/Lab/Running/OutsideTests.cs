using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Portolan.Lab.Running;
using Portolan.Lab.Topology;
using Portolan.Model;
using Portolan.Transport;

namespace Portolan.Tests.Lab.Running;

/// <summary>Ports that run programs and reach Unix sockets of this machine, with real ones, mostly in real time.</summary>
public sealed class OutsideTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(15);

    [Theory]
    [InlineData("198.18.1.10")]
    [InlineData("2001:db8:2::10")]
    [InlineData("198.18.1.150")]
    public async Task A_program_reads_and_answers(string address)
    {
        await using var lab = Start(new ExecPort(["cat"]));
        var bytes = new byte[300_000];
        new Random(7).NextBytes(bytes);
        Assert.Equal(bytes, await TalkAsync(lab, address, bytes));
    }

    [Fact]
    public async Task A_program_is_told_both_ends()
    {
        await using var lab = Start(new ExecPort(["sh", "-c", "echo $PORTOLAN_LOCAL $PORTOLAN_REMOTE"]));
        await using var stream = await ConnectAsync(lab, "198.18.1.10");
        Assert.Equal($"198.18.1.10:80 198.18.0.10:{stream.LocalEndPoint.Port}\n", Encoding.ASCII.GetString(await ReadAsync(stream)));
    }

    [Fact]
    public async Task A_program_ends_with_its_connection_and_so_does_what_it_started()
    {
        await using var lab = Start(new ExecPort(["sh", "-c", "sleep 600 & echo $! $$; exec sleep 600"]));
        int[] pids;
        await using (var stream = await ConnectAsync(lab, "198.18.1.10"))
        {
            var buffer = new byte[100];
            pids = [.. Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer, TestContext.Current.CancellationToken))
                .Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(
                    static p => int.Parse(p, CultureInfo.InvariantCulture))];
            Assert.All(pids, static pid => Assert.True(Runs(pid)));
            stream.Abort();
        }

        Assert.Equal(2, pids.Length);
        Assert.True(SpinWait.SpinUntil(() => !pids.Any(Runs), Soon), "it still runs");
    }

    [Fact]
    public async Task Programs_end_with_the_lab()
    {
        int pid;
        await using (var lab = Start(new ExecPort(["sh", "-c", "echo $$; exec sleep 600"])))
        {
            var stream = await ConnectAsync(lab, "198.18.1.10");
            var buffer = new byte[100];
            pid = int.Parse(
                Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer, TestContext.Current.CancellationToken)),
                CultureInfo.InvariantCulture);
            Assert.True(Runs(pid));
        }

        Assert.True(SpinWait.SpinUntil(() => !Runs(pid), Soon), "it still runs");
    }

    [Fact]
    public async Task A_program_that_starts_while_the_lab_stops_does_not_survive_it()
    {
        // A number of seconds that nobody else sleeps.
        var marker = string.Create(
            CultureInfo.InvariantCulture, $"600.{Environment.ProcessId}{TimeProvider.System.GetTimestamp() % 1_000_000:000000}");
        for (var round = 0; round < 25; round++)
        {
            await using (var lab = Start(new ExecPort(["sleep", marker])))
            {
                await using var stream = await ConnectAsync(lab, "198.18.1.10");
                await Task.Delay(round % 5 * 2, TestContext.Current.CancellationToken);
            }

            Assert.DoesNotContain(
                Directory.GetDirectories("/proc").Where(static p => char.IsAsciiDigit(p[^1])),
                p => CommandLine(p).Contains(marker, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_reply_arrives_whole_also_at_a_client_that_reads_late_and_goes_on_speaking()
    {
        // The server has ended long before, without having read a word; a reset, which answers who speaks to a closed port, would throw its
        // reply away. In virtual time, so that however slow the machine is the client speaks four times in the second that it is waited
        // for.
        const int Length = 50_000;
        var folder = Directory.CreateTempSubdirectory("portolan-proxy").FullName;
        var path = Path.Combine(folder, "late.sock");
        using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        server.Bind(new UnixDomainSocketEndPoint(path));
        server.Listen();
        await using var lab = new VirtualNetwork(SmallLab.Topology(SmallLab.Tcp("80", new ProxyPort(path))), new()
        {
            AllowExec = true,
            IsVirtualTime = true,
        });
        TcpStream? stream = null;
        lab.Run(async () => stream = await ConnectAsync(lab, "198.18.1.10"), Soon);
        lab.Run(TimeSpan.FromSeconds(0.1));
        using (var far = await server.AcceptAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(
            Soon, TestContext.Current.CancellationToken))
        {
            await far.SendAsync(new byte[Length], TestContext.Current.CancellationToken);
        }

        var read = 0;
        lab.Run(
            async () =>
            {
                for (var word = 0; word < 12; word++)
                {
                    await stream!.WriteAsync(new byte[] { 1 });
                    await Task.Delay(TimeSpan.FromMilliseconds(250), lab.Time);
                }

                var buffer = new byte[4096];
                while (await stream!.ReadAsync(buffer) is var count && count > 0)
                {
                    read += count;
                }
            },
            TimeSpan.FromMinutes(1));
        Assert.Equal(Length, read);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task No_more_than_64_programs_run_at_once()
    {
        await using var lab = Start(new ExecPort(["cat"]));
        var streams = new List<TcpStream>();
        for (var i = 0; i < 64; i++)
        {
            streams.Add(await ConnectAsync(lab, "198.18.1.10"));
            await streams[i].WriteAsync(new byte[] { 1 }, TestContext.Current.CancellationToken);
            Assert.Equal(
                1, await streams[i].ReadAsync(new byte[1], TestContext.Current.CancellationToken).AsTask().WaitAsync(
                    Soon, TestContext.Current.CancellationToken));
        }

        await using (var more = await ConnectAsync(lab, "198.18.1.10"))
        {
            await Assert.ThrowsAnyAsync<IOException>(
                async () =>
                    await more.ReadAsync(new byte[1], TestContext.Current.CancellationToken).AsTask().WaitAsync(
                        Soon, TestContext.Current.CancellationToken));
        }

        foreach (var stream in streams)
        {
            await stream.DisposeAsync();
        }

        // There is room again.
        for (var tries = 0; ; tries++)
        {
            try
            {
                Assert.Equal([5], await TalkAsync(lab, "198.18.1.10", [5]));
                return;
            }
            catch (IOException) when (tries < 50)
            {
                await Task.Delay(100, TestContext.Current.CancellationToken);
            }
        }
    }

    [Fact]
    public async Task A_Unix_socket_gets_what_the_client_says_and_answers()
    {
        var folder = Directory.CreateTempSubdirectory("portolan-proxy").FullName;
        var path = Path.Combine(folder, "echo.sock");
        using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        server.Bind(new UnixDomainSocketEndPoint(path));
        server.Listen();
        var serving = EchoAsync(server);
        await using var lab = Start(new ProxyPort(path));
        var bytes = new byte[300_000];
        new Random(8).NextBytes(bytes);
        Assert.Equal(bytes, await TalkAsync(lab, "198.18.1.10", bytes));
        await serving.WaitAsync(Soon, TestContext.Current.CancellationToken);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Where_nobody_listens_the_client_is_reset()
    {
        await using var lab = Start(new ProxyPort("/nonexistent/x.sock"));
        await using var stream = await ConnectAsync(lab, "198.18.1.10");
        await Assert.ThrowsAnyAsync<IOException>(
            async () =>
                await stream.ReadAsync(new byte[1], TestContext.Current.CancellationToken).AsTask().WaitAsync(
                    Soon, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task It_is_listed_as_a_listener()
    {
        await using var lab = Start(new ExecPort(["cat"]));
        Assert.Contains(lab.GetSockets(), static s => s is { Host: "server", State: TcpState.Listen, LocalPort.Value: 80 });
    }

    [Fact]
    public void Unasked_a_lab_with_such_ports_is_refused_and_the_error_names_the_option()
    {
        foreach (var policy in (PortPolicy[])[new ExecPort(["cat"]), new ProxyPort("/run/x.sock")])
        {
            var error = Assert.Throws<PortolanException>(() => new VirtualNetwork(SmallLab.Topology(SmallLab.Tcp("80", policy))));
            Assert.Equal(ExitCode.Usage, error.ExitCode);
            Assert.StartsWith("host server, port 80: ", error.Message, StringComparison.Ordinal);
            Assert.Contains("--allow-exec", error.Hint?.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_program_that_is_not_there_is_an_error_at_the_start() =>
        Assert.Contains(
            "program no-such-program not found", Assert.Throws<PortolanException>(() => Start(new ExecPort(["no-such-program"]))).Message,
            StringComparison.Ordinal);

    private static VirtualNetwork Start(PortPolicy policy)
    {
        var lab = new VirtualNetwork(SmallLab.Topology(SmallLab.Tcp("80", policy)), new() { AllowExec = true });
        lab.Start();
        return lab;
    }

    private static Task<TcpStream> ConnectAsync(
        VirtualNetwork lab, string address) =>
            lab.StackOf("pc").ConnectTcpAsync(
                new IPEndPoint(IPAddress.Parse(address), 80), cancellationToken: TestContext.Current.CancellationToken);

    /// <summary>Says all, ends, and reads to the end.</summary>
    private static async Task<byte[]> TalkAsync(VirtualNetwork lab, string address, byte[] said)
    {
        await using var stream = await ConnectAsync(lab, address);
        var heard = ReadAsync(stream);
        await stream.WriteAsync(said);
        stream.ShutdownWrite();
        return await heard.WaitAsync(Soon);
    }

    private static async Task<byte[]> ReadAsync(TcpStream stream)
    {
        using var all = new MemoryStream();
        await stream.CopyToAsync(all).WaitAsync(Soon);
        return all.ToArray();
    }

    private static async Task EchoAsync(Socket server)
    {
        using var client = await server.AcceptAsync();
        await using var stream = new NetworkStream(client);
        await stream.CopyToAsync(stream);
    }

    private static string CommandLine(string folder)
    {
        try
        {
            return File.ReadAllText(folder + "/cmdline");
        }
        catch (IOException)
        {
            // It has just ended.
            return "";
        }
    }

    private static bool Runs(int pid) =>
        File.Exists($"/proc/{pid}/stat") && !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);
}
