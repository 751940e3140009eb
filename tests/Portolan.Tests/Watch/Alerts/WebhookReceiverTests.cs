using System.Text;
using System.Text.Json;
using Portolan.Server.Watch.Receivers;
using Portolan.Server.Watch.Settings;
using Portolan.Tests.Support;
using Portolan.Watch.Alerts;
using Portolan.Watch.Recording;
using Portolan.Watch.Watching;

namespace Portolan.Tests.Watch.Alerts;

/// <summary>Webhooks, on a real web server.</summary>
public sealed class WebhookReceiverTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly AlertStory _story = new();
    private WebhookServer _server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await WebhookServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _story.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_message_is_a_document_that_its_secret_signs()
    {
        Secret("secret", "whsec_" + Convert.ToBase64String("key"u8));
        var message = Message();

        await Receiver("secret-file: secret").SendAsync(message, Token);

        Assert.True(_server.Calls.TryDequeue(out var call));
        Assert.Equal("application/json; charset=utf-8", call.Headers["content-type"]);
        Assert.Equal((message.Id, message.Id), (call.Headers["idempotency-key"], call.Headers["webhook-id"]));
        Assert.Equal(
            WebhookReceiver.Sign("key"u8.ToArray(), message.Id, call.Headers["webhook-timestamp"], call.Body),
            call.Headers["webhook-signature"]);
        var document = JsonDocument.Parse(call.Body).RootElement;
        Assert.Empty(JsonSchema.Load("portolan.alert/1").Validate(document));
        Assert.Equal("web-3: 80/tcp opened (local)", document.GetProperty("summary").GetString());
        Assert.Equal(80, document.GetProperty("events")[0].GetProperty("port").GetInt32());
    }

    // The example of standardwebhooks.com's own libraries.
    [Fact]
    public void The_signature_is_that_of_standard_webhooks() => Assert.Equal(
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        WebhookReceiver.Sign(
            WebhookReceiver.KeyOf("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330",
            Encoding.ASCII.GetBytes("""{"test": 2432232314}""")));

    [Fact]
    public async Task A_body_of_text_is_what_ntfy_shows()
    {
        Secret("token", "tk_1");

        await Receiver("body: text, token-file: token, headers: { Priority: high }").SendAsync(Message(), Token);

        Assert.True(_server.Calls.TryDequeue(out var call));
        Assert.Equal(
            ("web-3: 80/tcp opened (local)", "high", "Bearer tk_1", "text/plain; charset=utf-8"),
            (call.Headers["title"], call.Headers["priority"], call.Headers["authorization"], call.Headers["content-type"]));
        Assert.Matches("80/tcp opened: nginx, 127.0.0.1, local;.*\n  portolan who 80/tcp\n$", Encoding.UTF8.GetString(call.Body));
    }

    [Theory]
    [InlineData(503, "answered 503")]
    [InlineData(302, "answered 302, a redirection: write the URL that it names")]
    [InlineData(401, "answered 401: it wants another token-file or secret-file")]
    public async Task What_is_not_accepted_is_said_with_the_reason_and_when_to_come_again(int status, string reason)
    {
        _server.Status = _ => status;

        var refusal = await Assert.ThrowsAsync<AlertRefusedException>(() => Receiver("body: json").SendAsync(Message(), Token));

        Assert.EndsWith(reason, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(7), refusal.After);
        Assert.Single(_server.Calls);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_no_acceptance()
    {
        var receiver = Receiver("body: json");
        await _server.DisposeAsync();

        var refusal = await Assert.ThrowsAsync<AlertRefusedException>(() => receiver.SendAsync(Message(), Token));

        Assert.Contains("refused", refusal.Message, StringComparison.Ordinal);
    }

    private AlertMessage Message()
    {
        _story.Opens(80);
        using var store = _story.Open();
        return AlertMessage.Of(
            "hook", [.. new HistoryReader(store).ChangesAfter(0, null, 10).Select(WatchEvent.Of).OfType<WatchEvent>()]);
    }

    private void Secret(string name, string text)
    {
        File.WriteAllText(_folder[name], text);
        File.SetUnixFileMode(_folder[name], UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private IAlertReceiver Receiver(string keys)
    {
        File.WriteAllText(
            _folder["w.yaml"],
            $"schema: portolan.watch/1\nreceivers:\n  hook: {{ kind: webhook, url: \"{_server.Url}/x\", {keys} }}");
        return WatchFile.ReadOrThrow(_folder["w.yaml"], static _ => null, TimeProvider.System).Routes[0].Receiver;
    }
}
