using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Portolan.Tests.Fleet;

namespace Portolan.Kernel.Tests.Fleet;

/// <summary>The broker and the database server that other tests start: they serve, keep their data, and leave no process behind.</summary>
public sealed class ServerFixtureTests
{
    private static readonly byte[] ProtocolHeader = [.. "AMQP"u8, 0, 0, 9, 1];

    [Fact]
    public async Task A_virtual_host_of_the_shared_broker_takes_queues_and_messages()
    {
        Assert.SkipWhen(RabbitMqServer.MissingReason is not null, $"{RabbitMqServer.MissingReason}");
        var broker = await RabbitMqServer.SharedAsync();
        Assert.Same(broker, await RabbitMqServer.SharedAsync());
        var (one, other) = (await broker.NewVirtualHostAsync(), await broker.NewVirtualHostAsync());
        await DeclareAsync(broker, one.Name, "jobs");
        await PublishAsync(broker, one.Name, "jobs", "scan 198.51.100.7");

        Assert.Equal(["jobs"], await QueuesAsync(broker, one.Name));
        Assert.Empty(await QueuesAsync(broker, other.Name));
        Assert.Equal("scan 198.51.100.7", await TakeAsync(broker, one.Name, "jobs"));
        Assert.Equal($"/{one.Name}", one.AmqpUri.AbsolutePath);
        Assert.Equal("/%2F", broker.AmqpUri.AbsolutePath);
    }

    [Fact]
    public async Task The_shared_broker_answers_AMQP_and_counts_messages()
    {
        Assert.SkipWhen(RabbitMqServer.MissingReason is not null, $"{RabbitMqServer.MissingReason}");
        var broker = await RabbitMqServer.SharedAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, broker.AmqpPort, TestContext.Current.CancellationToken);
        Assert.Contains("PLAIN", await GreetingAsync(client.GetStream()), StringComparison.Ordinal);

        var host = await broker.NewVirtualHostAsync();
        await DeclareAsync(broker, host.Name, "jobs");
        await PublishAsync(broker, host.Name, "jobs", "one");
        await PublishAsync(broker, host.Name, "jobs", "two");
        Assert.Equal(2, await broker.CountMessagesAsync(host.Name, "jobs"));
    }

    [Fact]
    public async Task A_killed_broker_keeps_its_durable_queue_and_disturbs_no_other()
    {
        Assert.SkipWhen(RabbitMqServer.MissingReason is not null, $"{RabbitMqServer.MissingReason}");
        var shared = await RabbitMqServer.SharedAsync();
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        var port = ServerFolder.FreePorts(1)[0];
        var broker = await RabbitMqServer.StartAsync(new RabbitMqOptions
        {
            HasPlainListener = false,
            Plugins = ["rabbitmq_auth_mechanism_ssl"],
            Files = new Dictionary<string, byte[]>(StringComparer.Ordinal)
            {
                ["cert.pem"] = Encoding.UTF8.GetBytes(certificate.ExportCertificatePem()),
                ["key.pem"] = Encoding.UTF8.GetBytes(key.ExportPkcs8PrivateKeyPem()),
            },
            Configuration = [
                $"listeners.ssl.1 = 127.0.0.1:{port}", "ssl_options.cacertfile = {data}/cert.pem", "ssl_options.certfile = {data}/cert.pem",
                "ssl_options.keyfile = {data}/key.pem", "ssl_options.verify = verify_peer", "auth_mechanisms.1 = EXTERNAL"],
        });
        await using (broker)
        {
            await DeclareAsync(broker, "%2F", "jobs");
            await PublishAsync(broker, "%2F", "jobs", "kept");
            Assert.Contains("EXTERNAL", await TlsGreetingAsync(port, certificate), StringComparison.Ordinal);
            var process = broker.ProcessId;

            broker.Kill();
            Assert.False(Directory.Exists($"/proc/{process}"));
            Assert.Single(ServerFolder.ProcessesIn(broker.Folder)); // epmd
            await Assert.ThrowsAsync<HttpRequestException>(() => broker.ManagementAsync(HttpMethod.Get, "api/overview"));
            Assert.DoesNotContain("jobs", await QueuesAsync(shared, "%2F"));

            await broker.RestartAsync();
            Assert.Equal("kept", await TakeAsync(broker, "%2F", "jobs"));
            await broker.StopAsync();
            Assert.Single(ServerFolder.ProcessesIn(broker.Folder));
        }

        Assert.Empty(ServerFolder.ProcessesIn(broker.Folder));
        Assert.False(Directory.Exists(broker.Folder));
        Assert.True(Directory.Exists($"/proc/{shared.ProcessId}"));
    }

    [Fact]
    public async Task A_broker_that_cannot_start_says_why_and_leaves_nothing()
    {
        Assert.SkipWhen(RabbitMqServer.MissingReason is not null, $"{RabbitMqServer.MissingReason}");
        var mark = ServerFolder.NewPassword();
        var options = new RabbitMqOptions
        {
            Configuration = ["heartbeats = often"],
            Files = new Dictionary<string, byte[]>(StringComparer.Ordinal) { [mark] = [] },
        };
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => RabbitMqServer.StartAsync(options));
        Assert.Contains("heartbeats", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetDirectories("/tmp", "portolan-rabbitmq-*"), folder => File.Exists($"{folder}/data/{mark}"));
    }

    [Fact]
    public async Task A_database_of_the_shared_server_is_its_owners_alone()
    {
        Assert.SkipWhen(PostgresServer.MissingReason is not null, $"{PostgresServer.MissingReason}");
        var server = await PostgresServer.SharedAsync();
        Assert.Same(server, await PostgresServer.SharedAsync());
        var (one, other) = (await server.NewDatabaseAsync(), await server.NewDatabaseAsync());
        server.Query(one, "CREATE TABLE job (id int PRIMARY KEY, target inet)");
        server.Query(one, "INSERT INTO job VALUES (1, '198.51.100.7'), (2, '2001:db8::7')");

        Assert.Equal("1|198.51.100.7\n2|2001:db8::7", server.Query(one, "SELECT * FROM job ORDER BY id"));
        Assert.Equal("job", server.Query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", one.Name));
        Assert.Equal("", server.Query(other, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"));
        var strange = other with
        {
            Uri = other.Uri.Replace($":{server.Port}/{other.Name}", $":{server.Port}/{one.Name}", StringComparison.Ordinal),
        };
        var refused = Assert.Throws<InvalidOperationException>(() => server.Query(strange, "SELECT 1"));
        Assert.Contains("permission denied for database", refused.Message, StringComparison.Ordinal);
        var wrong = one with { Uri = one.Uri.Replace(one.Password, "wrong", StringComparison.Ordinal) };
        refused = Assert.Throws<InvalidOperationException>(() => server.Query(wrong, "SELECT 1"));
        Assert.Contains("password authentication failed", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_killed_database_server_keeps_what_was_committed(bool fsync)
    {
        Assert.SkipWhen(PostgresServer.MissingReason is not null, $"{PostgresServer.MissingReason}");
        var server = await PostgresServer.StartAsync(new PostgresOptions { Fsync = fsync, Configuration = ["work_mem = '5MB'"] });
        await using (server)
        {
            Assert.Equal(fsync ? "on" : "off", server.Query("SHOW fsync"));
            Assert.Equal("5MB", server.Query("SHOW work_mem"));
            var database = await server.NewDatabaseAsync();
            server.Query(database, "CREATE TABLE job AS SELECT 7 AS id");
            var processes = ServerFolder.ProcessesIn(server.Folder);
            Assert.Contains(server.ProcessId, processes);

            server.Kill();
            Assert.Empty(ServerFolder.ProcessesIn(server.Folder));
            Assert.Throws<InvalidOperationException>(() => server.Query(database, "SELECT 1"));

            await server.RestartAsync();
            Assert.Equal("7", server.Query(database, "SELECT id FROM job"));
            Assert.Contains("database system was not properly shut down", server.LogText(), StringComparison.Ordinal);
            await server.StopAsync();
            Assert.Empty(ServerFolder.ProcessesIn(server.Folder));
            Assert.Contains("database system is shut down", server.LogText(), StringComparison.Ordinal);
        }

        Assert.False(Directory.Exists(server.Folder));
    }

    [Fact]
    public async Task Servers_listen_on_loopback_alone()
    {
        Assert.SkipWhen(RabbitMqServer.MissingReason is not null, $"{RabbitMqServer.MissingReason}");
        Assert.SkipWhen(PostgresServer.MissingReason is not null, $"{PostgresServer.MissingReason}");
        string[] folders = [(await RabbitMqServer.SharedAsync()).Folder, (await PostgresServer.SharedAsync()).Folder];
        var processes = folders.SelectMany(ServerFolder.ProcessesIn).Select(static id => $"pid={id},").ToArray();
        var listeners = Support.Tool.Lines("ss", "-Hltnp").Where(line => processes.Any(line.Contains)).ToArray();
        Assert.InRange(listeners.Length, 5, 9);
        Assert.All(listeners, static line => Assert.Matches(@"\s(127\.0\.0\.1|\[::1\]):[0-9]+\s", line));
    }

    private static Task<string> DeclareAsync(RabbitMqServer broker, string host, string queue) =>
        broker.ManagementAsync(HttpMethod.Put, $"api/queues/{host}/{queue}", """{"durable":true}""");

    private static async Task PublishAsync(RabbitMqServer broker, string host, string queue, string message) => Assert.Equal(
        """{"routed":true}""",
        await broker.ManagementAsync(
            HttpMethod.Post, $"api/exchanges/{host}/amq.default/publish",
            JsonSerializer.Serialize(new
            {
                routing_key = queue,
                payload = message,
                payload_encoding = "string",
                properties = new { delivery_mode = 2 },
            })));

    private static async Task<string?> TakeAsync(RabbitMqServer broker, string host, string queue)
    {
        using var answer = JsonDocument.Parse(await broker.ManagementAsync(
            HttpMethod.Post, $"api/queues/{host}/{queue}/get", """{"count":1,"ackmode":"ack_requeue_false","encoding":"auto"}"""));
        return Assert.Single(answer.RootElement.EnumerateArray().ToArray()).GetProperty("payload").GetString();
    }

    private static async Task<string[]> QueuesAsync(RabbitMqServer broker, string host)
    {
        using var answer = JsonDocument.Parse(await broker.ManagementAsync(HttpMethod.Get, $"api/queues/{host}"));
        return [.. answer.RootElement.EnumerateArray().Select(static queue => queue.GetProperty("name").GetString()!)];
    }

    /// <summary>What the broker answers to the protocol header: connection.start, which names its mechanisms.</summary>
    private static async Task<string> GreetingAsync(Stream stream)
    {
        await stream.WriteAsync(ProtocolHeader, TestContext.Current.CancellationToken);
        var frame = new byte[7];
        await stream.ReadExactlyAsync(frame, TestContext.Current.CancellationToken);
        var body = new byte[System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(3))];
        await stream.ReadExactlyAsync(body, TestContext.Current.CancellationToken);
        Assert.Equal([1, 0, 0], frame[..3]);
        Assert.Equal([0, 10, 0, 10], body[..4]);
        return Encoding.ASCII.GetString(body);
    }

    private static async Task<string> TlsGreetingAsync(int port, X509Certificate2 certificate)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        await using var stream = new SslStream(client.GetStream());
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == certificate.GetCertHashString(),
            },
            TestContext.Current.CancellationToken);
        return await GreetingAsync(stream);
    }
}
