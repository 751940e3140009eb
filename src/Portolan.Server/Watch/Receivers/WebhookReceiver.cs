using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Portolan.Lab.Topology.Reading;
using Portolan.Server.Watch.Settings;
using Portolan.Watch.Alerts;
using Portolan.Watch.Documents;

namespace Portolan.Server.Watch.Receivers;

/// <summary>
/// A URL that gets each message by POST: <c>portolan.alert/1</c>, or plain text as ntfy shows it. With a secret it is signed as
/// standardwebhooks.com says (HMAC-SHA256 of id, time and body). The same message has the same <c>Idempotency-Key</c>.
/// </summary>
internal sealed class WebhookReceiver : IAlertReceiver
{
    /// <summary>Its keys in the file.</summary>
    internal static readonly string[] Keys = ["url", "url-file", "secret-file", "token-file", "ca-file", "body", "headers"];

    private const string Base64Secret = "whsec_";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    // What this program sets itself.
    private static readonly string[] OwnHeaders =
        ["authorization", "content-length", "content-type", "host", "idempotency-key", "title", "webhook-id", "webhook-signature",
            "webhook-timestamp"];

    private readonly HttpClient _client;
    private readonly Uri _url;
    private readonly TimeProvider _clock;
    private readonly TimeZoneInfo _zone;

    private WebhookReceiver(Uri url, HttpClient client, TimeProvider clock, TimeZoneInfo zone) =>
        (_url, _client, _clock, _zone) = (url, client, clock, zone);

    private byte[]? Key { get; init; }

    private string? Token { get; init; }

    private bool IsText { get; init; }

    private IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>Reads one.</summary>
    internal static IAlertReceiver? Read(MapReader map, ReceiverContext context)
    {
        var faults = context.Faults;
        var url = ReadUrl(map, context);
        var body = map.Scalar("body");
        if (body is { Text: not ("json" or "text") })
        {
            faults.Unknown(body, "body is no", body.Text, ["json", "text"]);
        }

        var authority = context.Authority(map, "ca-file");
        var client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            SslOptions = { RemoteCertificateValidationCallback = authority is null ? null : authority.Validate },
        })
        { Timeout = Limit };
        var receiver = new WebhookReceiver(url ?? new Uri("http://localhost"), client, context.Clock, context.Zone)
        {
            Key = context.Secret(map, "secret-file") is { } secret ? KeyOf(secret) : null,
            Token = context.Secret(map, "token-file"),
            IsText = body?.Text == "text",
            Headers = ReadHeaders(map, faults),
        };
        return url is null ? null : receiver;
    }

    /// <inheritdoc/>
    public async Task SendAsync(AlertMessage message, CancellationToken cancellation)
    {
        var body = IsText ? Encoding.UTF8.GetBytes(message.Text(_zone)) : AlertDocument.Bytes(message);
        using var request = new HttpRequestMessage(HttpMethod.Post, _url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(IsText ? "text/plain" : "application/json", "utf-8");
        request.Headers.Add("Idempotency-Key", message.Id);
        if (IsText)
        {
            request.Headers.TryAddWithoutValidation("Title", Ascii(message.Subject));
        }

        if (Key is not null)
        {
            var time = _clock.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
            request.Headers.Add("webhook-id", message.Id);
            request.Headers.Add("webhook-timestamp", time);
            request.Headers.Add("webhook-signature", Sign(Key, message.Id, time, body));
        }

        foreach (var (name, value) in Headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        await SendAsync(request, cancellation);
    }

    /// <summary>Requests the URL with an empty body.</summary>
    internal async Task BeatAsync(CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _url) { Content = new ByteArrayContent([]) };
        await SendAsync(request, cancellation);
    }

    /// <summary>The signature of a body: <c>v1,</c> and the base64 of HMAC-SHA256.</summary>
    internal static string Sign(byte[] key, string id, string time, byte[] body)
    {
        byte[] signed = [.. Encoding.ASCII.GetBytes($"{id}.{time}."), .. body];
        return "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, signed));
    }

    /// <summary>The key of a secret: base64 behind <c>whsec_</c>, else the text itself.</summary>
    internal static byte[] KeyOf(string secret)
    {
        var bytes = new byte[secret.Length];
        return secret.StartsWith(Base64Secret, StringComparison.Ordinal)
            && Convert.TryFromBase64String(secret[Base64Secret.Length..], bytes, out var length)
            ? bytes[..length] : Encoding.UTF8.GetBytes(secret);
    }

    private async Task SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("portolan", null));
        request.Headers.Authorization = Token is null ? null : new AuthenticationHeaderValue("Bearer", Token);
        try
        {
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            if (!response.IsSuccessStatusCode)
            {
                throw new AlertRefusedException(Refusal(response), After(response));
            }
        }
        catch (HttpRequestException exception)
        {
            throw new AlertRefusedException(
                $"{_url.Authority}: {exception.InnerException?.Message ?? exception.Message}".TrimEnd('.'), inner: exception);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new AlertRefusedException($"{_url.Authority} did not answer within {DurationText.Format(Limit)}");
        }
    }

    private string Refusal(HttpResponseMessage response)
    {
        var answer = string.Create(CultureInfo.InvariantCulture, $"{_url.Authority} answered {(int)response.StatusCode}");
        return (int)response.StatusCode switch
        {
            >= 300 and < 400 => $"{answer}, a redirection: write the URL that it names",
            401 or 403 => $"{answer}: it wants another token-file or secret-file",
            404 => $"{answer}: check the path of the URL",
            _ => response.StatusCode == HttpStatusCode.RequestEntityTooLarge ? $"{answer}: it takes no message of this size" : answer,
        };
    }

    private TimeSpan? After(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - _clock.GetUtcNow(),
        _ => null,
    };

    private static Uri? ReadUrl(MapReader map, ReceiverContext context)
    {
        var faults = context.Faults;
        var (open, file) = (map.Scalar("url"), map.Scalar("url-file"));
        if ((open is null) == (file is null))
        {
            faults.Error(map.Map, open is null ? "url is missing" : "url and url-file are the same", $"write url: https://ntfy.sh/TOPIC");
            return null;
        }

        var text = open?.Text ?? context.Secret(map, "url-file");
        if (text is null)
        {
            return null;
        }

        var at = (open ?? file)!;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.Host.Length == 0)
        {
            faults.Error(
                at, open is null ? "the file has no URL" : $"{FaultList.Quote(text)} is not a URL", $"write url: https://ntfy.sh/TOPIC");
            return null;
        }

        if (url.UserInfo.Length > 0)
        {
            faults.Error(at, "a URL with a password in it ends up in logs", $"write token-file: FILE, or url-file: FILE");
            return null;
        }

        if (file is not null)
        {
            // A token may be in the path or in the query: neither appears in a log.
            context.Secrets.Add(url.PathAndQuery);
            context.Secrets.Add(url.PathAndQuery.TrimStart('/'));
        }

        if (url.Scheme == "http" && !url.IsLoopback)
        {
            faults.Warn(at, "without TLS others can read what is sent on the way", $"write https: if the server has it");
        }

        return url;
    }

    private static List<(string Name, string Value)> ReadHeaders(MapReader map, FaultList faults)
    {
        var headers = new List<(string, string)>();
        foreach (var (name, node) in map.Named("headers", "headers: { Priority: high }"))
        {
            if (MapReader.One(node, "a header", faults) is not { } value)
            {
                continue;
            }

            if (OwnHeaders.Contains(name.Text, StringComparer.OrdinalIgnoreCase))
            {
                faults.Error(name, $"portolan sets the header {FaultList.Quote(name.Text)} itself", $"for a token write token-file: FILE");
            }
            else if (!IsHeader(name.Text) || value.Text.Any(static c => c is < ' ' or > '~'))
            {
                faults.Error(name, $"{FaultList.Quote(name.Text)} is not a header of ASCII letters", $"write Priority: high");
            }
            else
            {
                headers.Add((name.Text, value.Text));
            }
        }

        return headers;
    }

    private static bool IsHeader(string name) => name.Length > 0 && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    private static string Ascii(string text) => string.Concat(text.Select(static c => c is >= ' ' and <= '~' ? c : '?'));
}
