using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Portolan.Kernel.Tests.Support;
using Portolan.Tests.Support;
using Portolan.Transport;

namespace Portolan.Kernel.Tests.Transport;

/// <summary>Other people's programs talk to the userspace stack over a TUN device. Those that relay go kernel - stack - kernel.</summary>
public sealed class TunToolsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("http://198.18.7.2/", false)]
    [InlineData("http://[2001:db8:7::2]/", false)]
    [InlineData("http://198.18.7.2/", true)]
    [InlineData("http://[2001:db8:7::2]/", true)]
    public async Task Curl_gets_what_a_server_on_the_stack_sends(string url, bool hasLoss)
    {
        var curl = Tool.Find("curl");
        await using var lab = TunLab.Create(hasLoss: hasLoss);
        var body = RandomNumberGenerator.GetBytes(8 << 20);
        using var acceptor = lab.Stack.ListenTcp(new IPEndPoint(IPAddress.IPv6Any, 80));
        var serving = Serve(acceptor, body);
        using var folder = new ScratchFolder();
        var file = folder.PathOf("body");
        var (_, error, exit) = lab.Host.Execute(curl, null, "-sS", "--noproxy", "*", "--max-time", "60", "-o", file, url);
        Assert.True(exit == 0, error);
        await serving;
        Assert.Equal(
            Convert.ToHexString(SHA256.HashData(body)),
            Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(file, Cancellation))));
    }

    [Theory]
    [InlineData("198.18.7.1", false)]
    [InlineData("[2001:db8:7::1]", false)]
    [InlineData("198.18.7.1", true)]
    [InlineData("[2001:db8:7::1]", true)]
    public async Task Nginx_serves_a_client_on_the_stack(string server, bool hasLoss)
    {
        var nginx = Tool.Find("nginx");
        await using var lab = TunLab.Create(hasLoss: hasLoss);
        using var folder = new ScratchFolder();
        var body = RandomNumberGenerator.GetBytes(8 << 20);
        await File.WriteAllBytesAsync(folder.PathOf("body"), body, Cancellation);
        await File.WriteAllTextAsync(
            folder.PathOf("nginx.conf"),
            $"daemon off; master_process off; pid {folder.PathOf("pid")}; error_log {folder.PathOf("log")}; events {{ }} "
            + $"http {{ access_log off; client_body_temp_path {folder.PathOf("tmp")}; proxy_temp_path {folder.PathOf("tmp")}; "
            + $"fastcgi_temp_path {folder.PathOf("tmp")}; "
            + $"uwsgi_temp_path {folder.PathOf("tmp")}; scgi_temp_path {folder.PathOf("tmp")}; server {{ listen {server}:80; root "
            + $"{folder.Path}; }} }}",
            Cancellation);
        using var process = lab.Host.Start(nginx, "-c", folder.PathOf("nginx.conf"), "-e", folder.PathOf("log"));
        try
        {
            using var client = new HttpClient(new SocketsHttpHandler
            {
                UseProxy = false,
                ConnectCallback = async (context, token) => await lab.Stack.ConnectTcpAsync(context.DnsEndPoint, token),
            });
            var read = await Retry(() => client.GetByteArrayAsync(new Uri($"http://{server}/body"), Cancellation));
            Assert.Equal(body, read);
            Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(new Uri($"http://{server}/none"), Cancellation)).StatusCode);
        }
        finally
        {
            process.Kill();
            process.End();
        }
    }

    [Theory]
    [InlineData("-sT", "open", "closed")]
    [InlineData("-sS", "open", "closed")]
    [InlineData("-sF", "open|filtered", "closed")]
    [InlineData("-sN", "open|filtered", "closed")]
    [InlineData("-sX", "open|filtered", "closed")]
    [InlineData("-sA", "unfiltered", "unfiltered")]
    [InlineData("-sW", "closed", "closed")]
    [InlineData("-sM", "closed", "closed")]
    [InlineData("-sU", "open", "closed")]
    [InlineData("-sY", "filtered", "filtered")]
    [InlineData("-sZ", "filtered", "filtered")]
    [InlineData("-sT -6", "open", "closed")]
    [InlineData("-sS -6", "open", "closed")]
    [InlineData("-sU -6", "open", "closed")]
    public async Task Every_type_of_nmap_scan_sees_open_and_closed_ports(string type, string open, string closed)
    {
        // What it sees of SCTP and by RST of windows is what it sees of Linux: no such protocol there, and windows of 0.
        var nmap = Tool.Find("nmap");
        await using var lab = TunLab.Create();
        using var acceptor = lab.Stack.ListenTcp(new IPEndPoint(IPAddress.IPv6Any, 80));
        using var endpoint = lab.Stack.BindUdp(new IPEndPoint(IPAddress.IPv6Any, 80));
        var echoing = Echo(endpoint);
        var target = type.Contains("-6", StringComparison.Ordinal) ? "2001:db8:7::2" : "198.18.7.2";
        var (output, error, exit) =
            lab.Host.Execute(nmap, null, [.. type.Split(' '), "-n", "-Pn", "-p", "80,81", "--max-retries", "2", "-oG", "-", target]);
        Assert.True(exit == 0, error);
        Assert.Contains($"80/{open}/", output, StringComparison.Ordinal);
        Assert.Contains($"81/{closed}/", output, StringComparison.Ordinal);
        endpoint.Dispose();
        await echoing;
    }

    [Fact]
    public async Task The_protocol_scan_of_nmap_sees_what_the_stack_speaks()
    {
        var nmap = Tool.Find("nmap");
        await using var lab = TunLab.Create();
        var (output, error, exit) =
            lab.Host.Execute(nmap, null, "-sO", "-n", "-Pn", "-p", "1,6,17,132", "--max-retries", "2", "-oG", "-", "198.18.7.2");
        Assert.True(exit == 0, error);
        foreach (var state in (string[])["1/open/", "6/open/", "17/open/", "132/closed/"])
        {
            Assert.Contains(state, output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("-S -p 80", "flags=SA")]
    [InlineData("-S -p 81", "flags=RA")]
    [InlineData("-A -p 80", "flags=R ")]
    [InlineData("-F -p 81", "flags=RA")]
    [InlineData("-1", "icmp_seq=")]
    [InlineData("-2 -p 81", "Port Unreachable")]
    public async Task Hping_is_answered(string words, string answer)
    {
        var hping = Tool.Find("hping3");
        await using var lab = TunLab.Create();
        using var acceptor = lab.Stack.ListenTcp(new IPEndPoint(IPAddress.IPv6Any, 80));
        var answers = 0;
        for (var attempt = 0; attempt < 5 && answers != 3; attempt++)
        {
            // It waits a second for the last answer, which a busy machine may take.
            var (output, _, _) = lab.Host.Execute(hping, null, [.. words.Split(' '), "-n", "-c", "3", "-i", "u20000", "198.18.7.2"]);
            answers = output.Split(answer).Length - 1;
        }

        Assert.Equal(3, answers);
    }

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(true, true, false)]
    [InlineData(false, false, true)]
    [InlineData(true, true, true)]
    public async Task Iperf_passes_through_the_stack(bool isReverse, bool isIPv6, bool hasLoss)
    {
        var iperf = Tool.Find("iperf3");
        await using var lab = TunLab.Create(hasLoss: hasLoss);
        var (kernel, stack) = isIPv6 ? (TunLab.Kernel6, TunLab.Stack6) : (TunLab.Kernel4, TunLab.Stack4);
        using var server = lab.Host.Start(iperf, "-s", "-1", "-B", $"{kernel}");
        using var relay = Relay(lab.Stack, 5201, new IPEndPoint(kernel, 5201));
        var seconds = (TunLab.IsLong ? 10 : 1).ToString(CultureInfo.InvariantCulture);
        string[] words = ["-c", $"{stack}", "-t", seconds, "-P", "4", "--connect-timeout", "2000"];
        var (output, error, exit) =
            await Retry(() => Task.FromResult(Checked(lab.Host.Execute(iperf, null, isReverse ? [.. words, "-R"] : words))));
        Assert.True(exit == 0, output + error);
        Assert.Contains("receiver", output, StringComparison.Ordinal);
        server.End();
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Ssh_passes_through_the_stack(bool isIPv6, bool hasLoss)
    {
        var (ssh, sshd, keygen) = (Tool.Find("ssh"), Tool.Find("sshd"), Tool.Find("ssh-keygen"));
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "a server of SSH for this user needs root");
        await using var lab = TunLab.Create(hasLoss: hasLoss);
        var (kernel, stack) = isIPv6 ? (TunLab.Kernel6, TunLab.Stack6) : (TunLab.Kernel4, TunLab.Stack4);
        using var folder = new ScratchFolder();
        foreach (var name in (string[])["host", "user"])
        {
            Assert.Equal(0, lab.Host.Execute(keygen, null, "-q", "-t", "ed25519", "-N", "", "-f", folder.PathOf(name)).ExitCode);
        }

        File.Copy(folder.PathOf("user.pub"), folder.PathOf("authorized"));
        Directory.CreateDirectory("/run/sshd");
        using var server = lab.Host.Start(
            sshd, "-D", "-e", "-f", "/dev/null", "-o", $"ListenAddress={new IPEndPoint(kernel, 2222)}", "-o",
            $"HostKey={folder.PathOf("host")}",
            "-o", $"AuthorizedKeysFile={folder.PathOf("authorized")}", "-o", "StrictModes=no", "-o", "PermitRootLogin=yes", "-o",
            $"PidFile={folder.PathOf("pid")}");
        try
        {
            using var relay = Relay(lab.Stack, 22, new IPEndPoint(kernel, 2222));
            string[] words =
            [
                "-F", "/dev/null", "-i", folder.PathOf("user"), "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
                "-o", "BatchMode=yes",
                "-o", "ConnectTimeout=5", $"root@{stack}", "head -c 4000000 /dev/zero | sha256sum; cat",
            ];
            var (output, error, exit) = await Retry(() => Task.FromResult(Checked(lab.Host.Execute(ssh, "and back", words))));
            Assert.True(exit == 0, error);
            Assert.Equal(Convert.ToHexString(SHA256.HashData(new byte[4_000_000])), output[..64], ignoreCase: true);
            Assert.EndsWith("and back", output, StringComparison.Ordinal);
        }
        finally
        {
            server.Kill(entireProcessTree: true);
            server.End();
        }
    }

    [Fact]
    public void The_sample_serves_curl_from_Kestrel_on_the_stack()
    {
        Tool.Find("curl");
        var sample = Repository.PathOf("artifacts/bin/CurlOverTun/debug/CurlOverTun");
        Assert.SkipUnless(File.Exists(sample), "samples/CurlOverTun is not built: build the solution");
        using var host = TunLab.NewHost();
        var (output, error, exit) = host.Execute(sample, null);
        Assert.True(exit == 0, output + error);
        Assert.StartsWith(
            "Hello 198.18.7.1, this is 198.18.7.2.\nHello 2001:db8:7::1, this is 2001:db8:7::2.\n100000000 bytes", output,
            StringComparison.Ordinal);
    }

    /// <summary>The server's process may not listen yet.</summary>
    private static async Task<T> Retry<T>(Func<Task<T>> attempt)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return await attempt();
            }
            catch (Exception exception)
                when (exception is HttpRequestException or InvalidOperationException && clock.Elapsed < Bounded.Limit)
            {
                await Task.Delay(50, Cancellation);
            }
        }
    }

    private static (string Output, string Error, int ExitCode) Checked((string Output, string Error, int ExitCode) run) =>
        run.ExitCode == 0 ? run : throw new InvalidOperationException(run.Output + run.Error);

    private static async Task Echo(UdpEndpoint endpoint)
    {
        var datagram = new byte[2048];
        try
        {
            while (true)
            {
                var received = await endpoint.ReceiveAsync(datagram, Cancellation);
                await endpoint.SendAsync(datagram.AsMemory(0, received.Length), received.RemoteEndPoint, Cancellation);
            }
        }
        catch (Exception exception) when (exception is ObjectDisposedException or System.Net.Sockets.SocketException)
        {
            // The scan is over.
        }
    }

    private static async Task Serve(TcpAcceptor acceptor, byte[] body)
    {
        await using var stream = await acceptor.AcceptAsync(Cancellation);
        var request = new byte[4096];
        Assert.True(await stream.ReadAsync(request, Cancellation) > 0);
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"), Cancellation);
        await stream.WriteAsync(body, Cancellation);
        stream.ShutdownWrite();
    }

    /// <summary>Passes what comes to a port of the stack on to a server, both ways.</summary>
    private static TcpAcceptor Relay(NetworkStack stack, int port, IPEndPoint to)
    {
        var acceptor = stack.ListenTcp(new IPEndPoint(IPAddress.IPv6Any, port));
        _ = Task.Run(async () =>
        {
            await foreach (var accepted in acceptor.AcceptAllAsync(CancellationToken.None))
            {
                _ = Pass(accepted);
            }
        });
        return acceptor;

        async Task Pass(TcpStream accepted)
        {
            await using (accepted)
            {
                try
                {
                    await using var opened = await stack.ConnectTcpAsync(to, CancellationToken.None);
                    await Task.WhenAll(Copy(accepted, opened), Copy(opened, accepted));
                }
                catch (IOException)
                {
                    // One side has gone.
                }
                catch (System.Net.Sockets.SocketException)
                {
                    // The server does not listen yet.
                }
            }
        }

        static async Task Copy(TcpStream from, TcpStream to)
        {
            await from.CopyToAsync(to, CancellationToken.None);
            to.ShutdownWrite();
        }
    }

    private sealed class ScratchFolder : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("portolan");

        internal string Path => _folder.FullName;

        internal string PathOf(string name) => System.IO.Path.Combine(_folder.FullName, name);

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
