using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Portolan.Tests.Fleet;

/// <summary>What a broker is started with.</summary>
internal sealed record RabbitMqOptions
{
    /// <summary>Plugins by name, e.g. rabbitmq_auth_mechanism_ssl, beside rabbitmq_management, which each broker has.</summary>
    public string[] Plugins { get; init; } = [];

    /// <summary>Lines for the end of rabbitmq.conf; <c>{data}</c> stands for the folder that has <see cref="Files"/>.</summary>
    public string[] Configuration { get; init; } = [];

    /// <summary>Files that only the broker may read, e.g. its key.</summary>
    public IReadOnlyDictionary<string, byte[]> Files { get; init; } = new Dictionary<string, byte[]>(StringComparer.Ordinal);

    /// <summary>Whether <see cref="RabbitMqServer.AmqpPort"/> is open. Without it, a line opens a TLS listener.</summary>
    public bool HasPlainListener { get; init; } = true;
}

/// <summary>A virtual host whose owner is the broker's administrator.</summary>
internal sealed record RabbitMqVirtualHost(string Name, Uri AmqpUri);

/// <summary>
/// Debian's RabbitMQ as an ordinary process on 127.0.0.1 with ports, data, cookie and epmd of its own. It runs in the machine's network
/// namespace, so a test calls it outside its own. One that is never disposed ends with the test program.
/// </summary>
internal sealed class RabbitMqServer : IAsyncDisposable
{
    private const string Epmd = "/usr/bin/epmd";
    private const string Log = "broker.log";
    private const string Node = "rabbit@localhost";

    private static readonly Lazy<Task<RabbitMqServer>> Common = new(static () => StartAsync());

    private readonly ServerFolder _folder = new("rabbitmq", "rabbitmq");
    private readonly RabbitMqOptions _options;
    private readonly HttpClient _management;
    private readonly ServerProcess _epmd;
    private readonly IReadOnlyDictionary<string, string> _programs;
    private readonly int _epmdPort;
    private readonly int _distributionPort;
    private ServerProcess? _broker;

    private RabbitMqServer(RabbitMqOptions options)
    {
        _options = options;
        var ports = ServerFolder.FreePorts(4);
        (AmqpPort, ManagementPort, _epmdPort, _distributionPort) = (ports[0], ports[1], ports[2], ports[3]);
        ManagementUri = new Uri($"http://127.0.0.1:{ManagementPort}/");
        _management = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = ManagementUri };
        _management.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}")));
        Write(".erlang.cookie", ServerFolder.NewPassword());
        string[] plugins = ["rabbitmq_management", .. options.Plugins];
        Write("enabled_plugins", $"[{string.Join(',', plugins)}].\n");
        _programs = RabbitMqPrograms.LinkTo(Path.Combine(Folder, "programs"), plugins);
        Write("rabbitmq.conf", Configuration());
        foreach (var (name, content) in options.Files)
        {
            _folder.Write(name, content);
        }

        // In the foreground: a daemon would stay behind, and the broker starts one where it finds none.
        _epmd = ServerProcess.Start(
            _folder, "epmd.log", new Dictionary<string, string>(StringComparer.Ordinal), Epmd, "-address", "127.0.0.1", "-port",
            Text(_epmdPort));
    }

    /// <summary>Why no broker can run here, or <c>null</c>.</summary>
    public static string? MissingReason =>
        !File.Exists(RabbitMqPrograms.Server) ? "RabbitMQ is not installed: apt-get install rabbitmq-server"
        : !Environment.IsPrivilegedProcess ? "RabbitMQ is started by root, as user rabbitmq"
        : null;

    /// <summary>Of AMQP 0-9-1 without TLS, on 127.0.0.1.</summary>
    public int AmqpPort { get; }

    /// <summary>Of the management API, HTTP without TLS, on 127.0.0.1.</summary>
    public int ManagementPort { get; }

    /// <summary>Of the virtual host <c>/</c>, with user and password.</summary>
    public Uri AmqpUri => UriOf("/");

    /// <summary>Of the management API, without user and password.</summary>
    public Uri ManagementUri { get; }

    /// <summary>An administrator with full permissions on <c>/</c>.</summary>
    public string User => "admin";

    /// <summary>Of <see cref="User"/>, random.</summary>
    public string Password { get; } = ServerFolder.NewPassword();

    /// <summary>Has all that belongs to the broker.</summary>
    public string Folder => _folder.Path;

    /// <summary>The broker's process (beam.smp).</summary>
    public int ProcessId => _broker?.Id ?? throw new InvalidOperationException("the broker is not started");

    /// <summary>
    /// The broker of this test program, started on the first call. Tests share it, each with a virtual host of its own.
    /// </summary>
    public static Task<RabbitMqServer> SharedAsync() => Common.Value;

    /// <summary>Starts a broker and waits until it answers AMQP and the management API.</summary>
    public static async Task<RabbitMqServer> StartAsync(RabbitMqOptions? options = null)
    {
        if (MissingReason is { } reason)
        {
            throw new InvalidOperationException(reason);
        }

        var server = new RabbitMqServer(options ?? new RabbitMqOptions());
        try
        {
            await server.StartBrokerAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes a virtual host with a random name.</summary>
    public async Task<RabbitMqVirtualHost> NewVirtualHostAsync()
    {
        var name = $"test-{ServerFolder.NewPassword()[..12]}";
        await ManagementAsync(HttpMethod.Put, $"api/vhosts/{name}", "{}");
        await ManagementAsync(HttpMethod.Put, $"api/permissions/{name}/{User}", """{"configure":".*","write":".*","read":".*"}""");
        return new RabbitMqVirtualHost(name, UriOf(name));
    }

    /// <summary>Asks the management API as <see cref="User"/>.</summary>
    /// <param name="method">Of HTTP.</param>
    /// <param name="path">Below <see cref="ManagementUri"/>, e.g. <c>api/queues/%2F/jobs</c>.</param>
    /// <param name="json">The body.</param>
    /// <returns>The body of the answer.</returns>
    /// <exception cref="HttpRequestException">It refuses; its answer is in the message.</exception>
    public async Task<string> ManagementAsync(HttpMethod method, string path, string? json = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        }

        using var response = await _management.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode
            ? body
            : throw new HttpRequestException($"{method} {path}: {(int)response.StatusCode} {body}", null, response.StatusCode);
    }

    /// <summary>
    /// How many messages a queue has now. The statistics of <c>api/queues/HOST/QUEUE</c> have the number five seconds later.
    /// </summary>
    /// <param name="virtualHost">Its name, escaped: <c>%2F</c> is the one that each broker has.</param>
    /// <param name="queue">A durable or transient queue that exists.</param>
    public async Task<int> CountMessagesAsync(string virtualHost, string queue)
    {
        using var queues = JsonDocument.Parse(
            await ManagementAsync(HttpMethod.Get, $"api/queues/{virtualHost}?disable_stats=true&enable_queue_totals=true"));
        return queues.RootElement.EnumerateArray()
            .Single(one => one.GetProperty("name").ValueEquals(queue))
            .GetProperty("messages").GetInt32();
    }

    /// <summary>What the broker and epmd have written so far.</summary>
    public string LogText() => Read("epmd.log") + Read("console.log") + Read(Log);

    /// <summary>Stops the broker in order (SIGTERM), and keeps its data. It takes six seconds, of which it waits five.</summary>
    public async Task StopAsync()
    {
        if (_broker is { } broker)
        {
            broker.Signal("TERM");
            await broker.EndAsync();
            Kill();
        }
    }

    /// <summary>Kills the broker (SIGKILL), and keeps its data.</summary>
    public void Kill()
    {
        _folder.KillProcesses(except: _epmd.Id);
        _broker?.End();
        _broker = null;
    }

    /// <summary>Starts the broker again on the same data and ports, after <see cref="StopAsync"/> where it still runs.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await StartBrokerAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _management.Dispose();
        await Task.Run(_folder.Dispose);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static async Task<bool> ConnectsAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private Uri UriOf(string virtualHost) => new($"amqp://{User}:{Password}@127.0.0.1:{AmqpPort}/{Uri.EscapeDataString(virtualHost)}");

    private string Read(string name) => Path.Combine(_folder.Data, name) is var log && File.Exists(log) ? File.ReadAllText(log) : "";

    private void Write(string name, string content) => _folder.Write(name, Encoding.UTF8.GetBytes(content));

    private string Configuration() => string.Join(
        '\n', [
            _options.HasPlainListener ? $"listeners.tcp.1 = 127.0.0.1:{AmqpPort}" : "listeners.tcp = none",
            "management.tcp.ip = 127.0.0.1",
            $"management.tcp.port = {ManagementPort}",
            $"default_user = {User}",
            $"default_pass = {Password}",
            "default_user_tags.administrator = true",
            "vm_memory_high_watermark.absolute = 512MB",
            "disk_free_limit.absolute = 50MB",
            .. _options.Configuration.Select(line => line.Replace("{data}", _folder.Data, StringComparison.Ordinal)),
            ""]);

    private async Task StartBrokerAsync()
    {
        await _epmd.UntilAsync(() => ConnectsAsync(_epmdPort), "accepted connections");
        var known = Read(Log).Length;

        // The wrapper becomes beam.smp where it may read a terminal. A node that has its name from the start needs neither the wrapper's
        // second Erlang, which looks for epmd, nor the checks behind it.
        var broker = ServerProcess.Start(
            _folder,
            "console.log",
            new Dictionary<string, string>(_programs, StringComparer.Ordinal)
            {
                ["HOME"] = _folder.Data,
                ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
                ["ERL_EPMD_PORT"] = Text(_epmdPort),
                ["RABBITMQ_ALLOW_INPUT"] = "1",
                ["RABBITMQ_CONF_ENV_FILE"] = "/dev/null",
                ["RABBITMQ_CONFIG_FILE"] = Path.Combine(_folder.Data, "rabbitmq.conf"),
                ["RABBITMQ_DIST_PORT"] = Text(_distributionPort),
                ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(_folder.Data, "enabled_plugins"),
                ["RABBITMQ_LOGS"] = Path.Combine(_folder.Data, Log),
                ["RABBITMQ_MNESIA_BASE"] = _folder.Data,
                ["RABBITMQ_NODENAME"] = Node,
                ["RABBITMQ_PID_FILE"] = Path.Combine(_folder.Data, "pid"),
                ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = $"-noinput -sname {Node} -start_epmd false +S 2:2 "
                    + "-kernel inet_dist_use_interface {127,0,0,1} "
                    + $"-kernel inet_dist_listen_min {_distributionPort} -kernel inet_dist_listen_max {_distributionPort}",
            },
            RabbitMqPrograms.Server);
        _broker = broker;
        await broker.UntilAsync(
            () => Task.FromResult(Read(Log).IndexOf("Server startup complete", known, StringComparison.Ordinal) >= 0), "started");
        await broker.UntilAsync(AnswersAsync, "answered AMQP and the management API");
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            if (_options.HasPlainListener)
            {
                using var client = new TcpClient();
                await client.ConnectAsync("127.0.0.1", AmqpPort);
                var stream = client.GetStream();
                await stream.WriteAsync("AMQP\0\0\u0009\u0001"u8.ToArray());
                var frame = new byte[7];
                await stream.ReadExactlyAsync(frame);
                if (frame[0] != 1)
                {
                    return false;
                }
            }

            await ManagementAsync(HttpMethod.Get, "api/overview");
            return true;
        }
        catch (Exception exception) when (exception is SocketException or IOException or HttpRequestException)
        {
            return false;
        }
    }
}
