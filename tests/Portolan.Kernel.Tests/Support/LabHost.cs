using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Portolan.Linux.Namespaces;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Support;

/// <summary>A host of a test's own: a network namespace with loopback up, joined to other hosts by virtual cables.</summary>
/// <remarks>It has no route out. It goes when it is disposed and nothing runs in it any more.</remarks>
internal sealed class LabHost : IDisposable
{
    private static readonly string[] Folders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];

    private static int _lastNumber = Random.Shared.Next(10_000, 500_000);

    private readonly SafeFileHandle _namespace;
    private readonly List<IDisposable> _held = [];

    /// <summary>Makes a namespace. Needs CAP_SYS_ADMIN.</summary>
    /// <exception cref="NetworkNamespaceException">Not allowed.</exception>
    public LabHost()
    {
        SafeFileHandle? handle = null;
        NetworkNamespaceThread.RunInNew(() => handle = File.OpenHandle("/proc/thread-self/ns/net"));
        _namespace = handle!;

        // Link-local addresses too are there at once; routers find their neighbours with them.
        Setting("net/ipv6/conf/all/accept_dad", "0");
        Setting("net/ipv6/conf/default/accept_dad", "0");

        // A new namespace takes IPv4's settings from the machine (devconf_inherit_init_net), and one with containers forwards.
        Setting("net/ipv4/ip_forward", "0");
    }

    /// <summary>A path that names the namespace while this object lives.</summary>
    public string Path => $"/proc/{Environment.ProcessId}/fd/{_namespace.DangerousGetHandle()}";

    /// <summary>Joins two hosts with a cable whose ends are interfaces with these names.</summary>
    /// <remarks>
    /// Their numbers are nobody else's: labs have the same addresses, and a program that looks into all namespaces tells which two
    /// interfaces are a pair by their numbers.
    /// </remarks>
    public static void Connect(LabHost left, string leftName, LabHost right, string rightName)
    {
        var number = Interlocked.Add(ref _lastNumber, 2);
        left.Ip($"link add {leftName} index {number} type veth peer name {rightName} index {number + 1} netns {right.Path}");
        left.Ip($"link set {leftName} up");
        right.Ip($"link set {rightName} up");
    }

    /// <summary>Runs code on a thread inside this host. Sockets opened there stay there.</summary>
    public void Run(Action body) => NetworkNamespaceThread.Run(Path, body);

    /// <summary>Runs code inside this host and returns its result.</summary>
    public T Run<T>(Func<T> body)
    {
        T result = default!;
        Run(() => { result = body(); });
        return result;
    }

    /// <summary>Runs <c>ip</c> with the words of a line.</summary>
    public void Ip(string line) => Tool("ip", null, line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    /// <summary>Adds an address; no duplicate address detection. It works when this returns, unless the interface is down.</summary>
    public void Address(string interfaceName, string prefix)
    {
        var address = IPAddress.Parse(prefix.Split('/')[0]);
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            Ip($"address add {prefix} dev {interfaceName}");
            return;
        }

        // The kernel makes the route to the address later, by a thread of its own (addrconf_dad_work), which a busy machine lets wait.
        Ip($"address add {prefix} dev {interfaceName} nodad");
        if (!Run(() => HasLocalRoute(address))
            && Tool("ip", null, "-o", "link", "show", "dev", interfaceName, "up").Length > 0
            && !SpinWait.SpinUntil(() => Run(() => HasLocalRoute(address)), TimeSpan.FromSeconds(30)))
        {
            throw new TimeoutException($"{address} is not an address of the host after 30 s");
        }
    }

    /// <summary>Whether packets to an IPv6 address are for the namespace of this thread.</summary>
    private static bool HasLocalRoute(IPAddress address)
    {
        const uint Local = 0x8000_0000; // RTF_LOCAL
        var destination = Convert.ToHexStringLower(address.GetAddressBytes()) + " 80 ";
        return File.ReadLines("/proc/thread-self/net/ipv6_route").Any(line => line.StartsWith(destination, StringComparison.Ordinal)
            && (uint.Parse(
                line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[8], NumberStyles.HexNumber,
                CultureInfo.InvariantCulture) & Local) != 0);
    }

    /// <summary>Loads a ruleset.</summary>
    public void Nft(string rules) => Tool("nft", rules, "-f", "-");

    /// <summary>Writes a kernel setting of this namespace, such as <c>net/ipv4/ip_forward</c>.</summary>
    public void Setting(string name, string value) => Run(() => File.WriteAllText("/proc/sys/" + name, value));

    /// <summary>Runs a program of the system in this host to its end.</summary>
    /// <returns>What it wrote to stdout.</returns>
    public string Tool(string name, string? input, params string[] arguments)
    {
        var (output, error, exit) = Execute(Find(name), input, arguments);
        return exit == 0
            ? output
            : throw new InvalidOperationException($"{name} {string.Join(' ', arguments)} ended with {exit}: {error}{output}");
    }

    /// <summary>Runs any program in this host to its end.</summary>
    public (string Output, string Error, int ExitCode) Execute(string path, string? input, params string[] arguments)
    {
        using var process = Start(path, arguments);
        return process.Finish(input);
    }

    /// <summary>Starts a program in this host.</summary>
    public Process Start(string path, params string[] arguments)
    {
        var start = new ProcessStartInfo(path)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Run(() => Process.Start(start)!);
    }

    /// <summary>
    /// Lets a process live here until this is disposed: a namespace in which none does is passed over where only inhabited ones are looked
    /// at.
    /// </summary>
    public void Inhabit() => Keep(new Inhabitant(Start("/bin/sleep", "600")));

    /// <summary>Listens on TCP ports of all addresses, both families, and closes what connects.</summary>
    public void ListenTcp(params int[] ports)
    {
        Run(() =>
        {
            foreach (var port in ports)
            {
                var socket = Keep(new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true });
                socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
                socket.Listen(1024);
            }
        });
        foreach (var socket in _held.OfType<Socket>().Where(s => s.SocketType == SocketType.Stream).TakeLast(ports.Length).ToArray())
        {
            _ = Task.Run(async () =>
            {
                try
                {
                    while (true)
                    {
                        (await socket.AcceptAsync()).Dispose();
                    }
                }
                catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
                {
                    // The host was disposed.
                }
            });
        }
    }

    /// <summary>Serves TCP ports of all addresses, both families: reads a request, answers it and closes.</summary>
    /// <param name="ports">The ports.</param>
    public void ServeTcp(params int[] ports)
    {
        foreach (var port in ports)
        {
            ServeTcp(port, static _ => { });
        }
    }

    /// <summary>The same of one port by a transparent socket (IP_TRANSPARENT), to which rules may give packets to any port.</summary>
    public void ServeTransparently(int port) =>
        ServeTcp(port, static socket => socket.SetRawSocketOption(0, Transparent, BitConverter.GetBytes(1)));

    private const int Transparent = 19; // IP_TRANSPARENT

    /// <summary>The same of one port by a socket with options of its own, which ends when it is disposed.</summary>
    public Socket ServeTcp(int port, Action<Socket> prepare)
    {
        var listener = Run(() =>
        {
            var socket = Keep(new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true });
            prepare(socket);
            socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
            socket.Listen(1024);
            return socket;
        });
        _ = Task.Run(() => ServeAll(listener));
        return listener;
    }

    private static async Task ServeAll(Socket listener)
    {
        try
        {
            while (true)
            {
                _ = ServeOne(await listener.AcceptAsync());
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The host was disposed.
        }
    }

    private static async Task ServeOne(Socket accepted)
    {
        using (accepted)
        {
            try
            {
                var request = new byte[Request.Length];
                for (var got = 0; got < request.Length;)
                {
                    var read = await accepted.ReceiveAsync(request.AsMemory(got));
                    if (read == 0)
                    {
                        return;
                    }

                    got += read;
                }

                await accepted.SendAsync(new byte[ReplyLength]);
                accepted.Shutdown(SocketShutdown.Send);
                await accepted.ReceiveAsync(new byte[1]);
            }
            catch (SocketException)
            {
                // The client is gone, or rules ended the connection.
            }
        }
    }

    /// <summary>What a client of <see cref="ServeTcp(int, Action{Socket})"/> sends.</summary>
    public static ReadOnlyMemory<byte> Request { get; } = new byte[300];

    /// <summary>How many bytes it gets.</summary>
    public const int ReplyLength = 1000;

    /// <summary>A TCP socket of this host that sends at once.</summary>
    public Socket OpenTcp(AddressFamily family) => Run(() => new Socket(family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });

    /// <summary>Listens on a port that the kernel chooses.</summary>
    public Socket OpenListener(IPAddress address)
    {
        var socket = OpenTcp(address.AddressFamily);
        socket.Bind(new IPEndPoint(address, 0));
        socket.Listen(1024);
        return socket;
    }

    /// <summary>Binds a UDP port of all addresses, both families, which takes datagrams and says nothing.</summary>
    public Socket BindUdp(int port) => Run(() =>
    {
        var socket = Keep(new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp) { DualMode = true });
        socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
        return socket;
    });

    /// <summary>Binds a UDP port that sends every datagram back.</summary>
    /// <param name="port">The port.</param>
    /// <param name="change">Changes what is sent; <c>null</c> for nothing.</param>
    /// <remarks>On a thread of its own: the pool's may all be taken by tests, and the answer would come too late.</remarks>
    public Socket EchoUdp(int port, Action<byte[]>? change = null)
    {
        var socket = BindUdp(port);
        var thread = new Thread(() =>
        {
            try
            {
                var buffer = new byte[2048];
                EndPoint from = new IPEndPoint(IPAddress.IPv6Any, 0);
                while (true)
                {
                    var length = socket.ReceiveFrom(buffer, ref from);
                    change?.Invoke(buffer);
                    socket.SendTo(buffer.AsSpan(0, length), SocketFlags.None, from);
                }
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // The host was disposed.
            }
        })
        { IsBackground = true };
        thread.Start();
        return socket;
    }

    public void Dispose()
    {
        _held.ForEach(h => h.Dispose());
        _namespace.Dispose();
    }

    private sealed class Inhabitant(Process process) : IDisposable
    {
        public void Dispose()
        {
            process.Kill();
            process.End();
            process.Dispose();
        }
    }

    private T Keep<T>(T resource)
        where T : IDisposable
    {
        lock (_held)
        {
            _held.Add(resource);
        }

        return resource;
    }

    private static string Find(string name) =>
        Folders.Select(folder => System.IO.Path.Combine(folder, name)).FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException($"{name} is not installed");
}
