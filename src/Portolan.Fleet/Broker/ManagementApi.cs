using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Portolan.Fleet.Broker;

/// <summary>The broker's management API (rabbitmq_management): what a fleet asks of it.</summary>
/// <param name="address">Such as <c>http://127.0.0.1:15672</c>.</param>
/// <param name="broker">The user who asks.</param>
public sealed class ManagementApi(Uri address, BrokerAddress broker) : IDisposable
{
    private readonly HttpClient _client = new()
    {
        BaseAddress = address,
        Timeout = TimeSpan.FromSeconds(15),
        DefaultRequestHeaders =
        {
            Authorization = new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{broker.User}:{broker.Password}"))),
        },
    };

    private const string Management = "rabbitmq_management";

    /// <summary>The plugins that a fleet needs.</summary>
    public static IReadOnlyList<string> Needed { get; } = [Management];

    /// <summary>Demands plugins.</summary>
    /// <exception cref="PortolanException">One is missing: the hint is the command that adds it.</exception>
    public async Task DemandAsync(IReadOnlyList<string> plugins, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(plugins);
        JsonDocument nodes;
        try
        {
            using var answer = await _client.GetAsync("/api/nodes?columns=name,enabled_plugins", cancellation);
            if (answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            {
                throw new PortolanException(
                    $"the broker's management API at {address.Authority} refuses the user {TerminalText.Escape(broker.User)}",
                    $"rabbitmqctl set_user_tags {broker.User} administrator");
            }

            answer.EnsureSuccessStatusCode();
            nodes = await JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync(cancellation), cancellationToken: cancellation);
        }
        catch (Exception exception) when (exception is HttpRequestException or JsonException or TaskCanceledException
            && !cancellation.IsCancellationRequested)
        {
            throw new PortolanException(
                $"the broker's management API does not answer at {address.Authority}: {BrokerLoop.Why(exception)}",
                $"on the broker run rabbitmq-plugins enable {Advice.Words(plugins)}");
        }

        using (nodes)
        {
            foreach (var node in nodes.RootElement.EnumerateArray())
            {
                // A broker that has just started does not list them for some seconds; what answers here is rabbitmq_management.
                var enabled = node.TryGetProperty("enabled_plugins", out var list)
                    ? list.EnumerateArray().Select(static p => p.GetString()).ToList() : [Management];
                if (plugins.Where(p => !enabled.Contains(p)).ToList() is { Count: > 0 } missing)
                {
                    throw new PortolanException(
                        $"the broker lacks {(missing.Count == 1 ? "the plugin" : "the plugins")} {string.Join(", ", missing)}",
                        $"on the broker run rabbitmq-plugins enable {Advice.Words(missing)}");
                }
            }
        }
    }

    /// <summary>
    /// Makes the user of an agent, or gives it another password: it reads the chunks and checks of its zone, and sends in its own name
    /// only.
    /// </summary>
    /// <param name="name">The agent's name.</param>
    /// <param name="zone">Its zone.</param>
    /// <param name="password">Its password.</param>
    /// <param name="cancellation">Ends it.</param>
    public Task PutAgentAsync(string name, string zone, string password, CancellationToken cancellation) => PutUserAsync(
        name, password,
        $"^({Escaped(BrokerTopology.WorkOf(zone))}|{Escaped(BrokerTopology.ChecksOf(zone))})$",
        @"^(lease|results|answer)\.{username}(\.[0-9])?$", cancellation);

    /// <summary>Makes the user of an invitation: it may ask to join, and nothing else.</summary>
    /// <param name="name">The user's name.</param>
    /// <param name="password">Its password.</param>
    /// <param name="cancellation">Ends it.</param>
    public Task PutGuestAsync(string name, string password, CancellationToken cancellation) =>
        PutUserAsync(name, password, "^$", @"^join\.{username}$", cancellation);

    /// <summary>Deletes a user. The broker ends its connections.</summary>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> DeleteUserAsync(string name, CancellationToken cancellation)
    {
        using var answer = await SendAsync(HttpMethod.Delete, $"/api/users/{Uri.EscapeDataString(name)}", null, cancellation);
        return answer.StatusCode != HttpStatusCode.NotFound;
    }

    /// <summary>How many messages lie in a queue.</summary>
    /// <returns><c>null</c> when there is no such queue.</returns>
    public async Task<long?> CountAsync(string queue, CancellationToken cancellation)
    {
        // The statistics of one queue come seconds later than these totals.
        var host = Uri.EscapeDataString(broker.VirtualHost);
        using var answer = await SendAsync(
            HttpMethod.Get, $"/api/queues/{host}?disable_stats=true&enable_queue_totals=true", null, cancellation);
        if (answer.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        using var queues = await JsonDocument.ParseAsync(
            await answer.Content.ReadAsStreamAsync(cancellation), cancellationToken: cancellation);
        foreach (var one in queues.RootElement.EnumerateArray())
        {
            if (one.GetProperty("name").ValueEquals(queue))
            {
                return one.TryGetProperty("messages", out var messages) ? messages.GetInt64() : 0;
            }
        }

        return null;
    }

    private async Task PutUserAsync(string name, string password, string reads, string keys, CancellationToken cancellation)
    {
        var (user, host) = (Uri.EscapeDataString(name), Uri.EscapeDataString(broker.VirtualHost));
        (await SendAsync(
            HttpMethod.Put, $"/api/users/{user}", Document(("password", password), ("tags", "")), cancellation)).Dispose();
        (await SendAsync(
            HttpMethod.Put, $"/api/permissions/{host}/{user}",
            Document(("configure", "^$"), ("write", $"^{Escaped(BrokerTopology.Agents)}$"), ("read", reads)), cancellation)).Dispose();
        (await SendAsync(
            HttpMethod.Put, $"/api/topic-permissions/{host}/{user}",
            Document(("exchange", BrokerTopology.Agents), ("write", keys), ("read", "^$")), cancellation)).Dispose();
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string? body, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        HttpResponseMessage answer;
        try
        {
            answer = await _client.SendAsync(request, cancellation);
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException
            && !cancellation.IsCancellationRequested)
        {
            throw new PortolanException(
                $"the broker's management API does not answer at {address.Authority}: {BrokerLoop.Why(exception)}",
                $"on the broker run rabbitmq-plugins enable {Management}", inner: exception);
        }

        return answer.IsSuccessStatusCode || answer.StatusCode == HttpStatusCode.NotFound ? answer
            : throw new PortolanException(
                $"the broker's management API refuses {(method == HttpMethod.Get ? "to list queues" : "to change users")} "
                    + $"({(int)answer.StatusCode})",
                $"rabbitmqctl set_user_tags {broker.User} administrator");
    }

    private static string Document(params (string Name, string Value)[] members)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            foreach (var (name, value) in members)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static string Escaped(string name) => name.Replace(".", "\\.", StringComparison.Ordinal);

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();
}
