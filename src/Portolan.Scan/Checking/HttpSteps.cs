using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Text;
using Portolan.Scan.Identification;

namespace Portolan.Scan.Checking;

/// <summary>Sends one GET over a connection of ours and reads the answer. No cookies, no proxy, no redirect by itself.</summary>
internal static class HttpSteps
{
    private const int MostHeaderKilobytes = 64;

    /// <summary>Adds the step.</summary>
    /// <param name="hop">The connection's steps.</param>
    /// <param name="connection">The TCP connection, for explaining failures.</param>
    /// <param name="stream">The stream to speak over: the connection itself, or TLS above it. Disposed of.</param>
    /// <param name="cancellationToken">The caller's end.</param>
    /// <returns>The answer, or <c>null</c>.</returns>
    public static async Task<HttpAnswer?> RunAsync(
        HopContext hop, WatchedStream connection, Stream stream, CancellationToken cancellationToken)
    {
        var at = hop.Clock.Now;
        var url = hop.Target.Url;
        var meter = new HttpMeter();
        using var client = ClientOver(Metered(stream, meter), hop.Options.UserAgent);
        try
        {
            using var limit = hop.Limit(hop.Options.Timeout, cancellationToken);
            using var request = RequestFor(url, stream);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            var firstAnswer = hop.Clock.Now - at;
            var body = await HttpBody.ReadAsync(hop, response, cancellationToken);
            var answer = AnswerOf(response, firstAnswer, body) with { Excess = body.IsCounted(response) ? meter.Behind(body.Length) : 0 };
            var time = hop.Clock.Since(at);
            // Servers say with different words, or with none, that a request on their TLS port came without TLS.
            var wantsTls = answer.Status == 400 && stream is not SslStream && await TlsDiagnosis.FindsTlsAsync(hop, cancellationToken);
            hop.Add(HttpWords.Describe(hop, url, answer, wantsTls) with
            {
                Time = time,
                Identified = wantsTls ? null : Identify(response, answer, body.First, stream),
            });
            return answer;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var time = hop.Clock.Since(at);
            hop.Add(
                await HttpWords.ExplainAsync(
                    hop, connection, exception, isProtected: stream is SslStream, cancellationToken) with
                { Time = time });
            return null;
        }
    }

    /// <summary>
    /// What the answer reports about the server: its header fields and the beginning of its body, put together as HTTP/1 would write them.
    /// </summary>
    private static IdentifiedService? Identify(HttpResponseMessage response, HttpAnswer answer, ReadOnlyMemory<byte> body, Stream stream)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {answer.Status} {answer.Reason}\r\n");
        foreach (var fields in (System.Net.Http.Headers.HttpHeadersNonValidated[])[
            response.Headers.NonValidated, response.Content.Headers.NonValidated])
        {
            foreach (var (name, values) in fields)
            {
                text.Append(CultureInfo.InvariantCulture, $"{name}: {values}\r\n");
            }
        }

        text.Append("\r\n");
        return PassiveIdentifier.Read(
            [.. Encoding.UTF8.GetBytes(text.ToString()), .. body.Span], "http", stream is SslStream ? "ssl" : null);
    }

    /// <summary>A client that has one connection, <paramref name="stream"/>, and makes no other.</summary>
    internal static HttpClient ClientOver(Stream stream, string userAgent)
    {
        var connection = stream;
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            MaxResponseHeadersLength = MostHeaderKilobytes,
            // One connection, the one whose steps are shown. A client that wants another has lost it.
            ConnectCallback = (_, _) => Interlocked.Exchange(ref connection, null) is { } ours
                ? ValueTask.FromResult(ours)
                : ValueTask.FromException<Stream>(new IOException("the connection was lost")),
        };
        var client = new HttpClient(handler, disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.ParseAdd(userAgent);
        client.DefaultRequestHeaders.Accept.ParseAdd("*/*");
        return client;
    }

    private static Stream Metered(Stream stream, HttpMeter meter)
    {
        if (stream is not MeteredTls secured)
        {
            return new WatchedStream(stream, meter);
        }

        secured.Meter = meter;
        return secured;
    }

    private static HttpRequestMessage RequestFor(string url, Stream stream)
    {
        var isVersion2 = stream is SslStream { NegotiatedApplicationProtocol: var protocol } && protocol == SslApplicationProtocol.Http2;
        return new HttpRequestMessage(HttpMethod.Get, url)
        {
            Version = isVersion2 ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    private static HttpAnswer AnswerOf(HttpResponseMessage response, TimeSpan firstAnswer, HttpBody body) =>
        new((int)response.StatusCode, response.ReasonPhrase ?? "", VersionOf(response.Version), firstAnswer, body.Length, body.Ending)
        {
            Server = Field(response.Headers.NonValidated, "Server"),
            ContentType = Field(response.Content.Headers.NonValidated, "Content-Type"),
            ContentLength = HttpBody.LengthOf(response),
            HasInvalidChunk = body.HasInvalidChunk,
            StillCame = body.StillCame,
            BodyLimit = body.Limit,
            InvalidLength = InvalidLength(response),
            Location = Field(response.Headers.NonValidated, "Location"),
        };

    private static string VersionOf(Version version) => $"HTTP/{(version.Major == 1 ? version.ToString() : $"{version.Major}")}";

    // One number, though it may be there twice (RFC 9110 section 8.6).
    private static string? InvalidLength(HttpResponseMessage response)
    {
        if (response.Headers.TransferEncodingChunked == true
            || Field(response.Content.Headers.NonValidated, "Content-Length") is not { } said)
        {
            return null;
        }

        var lengths = said.Split(',', StringSplitOptions.TrimEntries).Distinct().ToList();
        return lengths is [var one] && one.Length > 0 && one.All(char.IsAsciiDigit) ? null : said;
    }

    private static string? Field(System.Net.Http.Headers.HttpHeadersNonValidated fields, string name) =>
        fields.TryGetValues(name, out var values) ? values.ToString() : null;
}
