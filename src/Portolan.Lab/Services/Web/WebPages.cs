using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Portolan.Lab.Services.Web;

/// <summary>What the web servers of a lab answer.</summary>
internal static class WebPages
{
    private const long MaxLarge = 1L << 34;
    private const int MaxSlow = 600_000;
    private const int MaxChunks = 1000;

    private static readonly string[] Methods = ["GET", "HEAD"];

    /// <summary>Answers a request.</summary>
    internal static async Task AnswerAsync(IFeatureCollection features)
    {
        var context = new DefaultHttpContext(features);
        var call = features.GetRequiredFeature<ServiceCallFeature>().Call;
        context.Response.Headers.Server = call.Setting("server", "nginx");

        // The lab's time; Kestrel's own would be the machine's.
        context.Response.Headers.Date = call.Host.Time.GetUtcNow().ToString("R", CultureInfo.InvariantCulture);
        var path = context.Request.Path.Value ?? "/";
        if (path == "/echo")
        {
            await EchoAsync(context);
        }
        else if (!Methods.Contains(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            await TextAsync(context, StatusCodes.Status405MethodNotAllowed, $"{path} is read with GET or HEAD; POST to /echo\n");
        }
        else
        {
            await GetAsync(context, call, path);
        }

        await context.Response.CompleteAsync();
    }

    private static Task GetAsync(HttpContext context, ServiceCall call, string path) => path switch
    {
        "/" or "/index.html" => PageAsync(context, call),
        "/large" => LargeAsync(context),
        "/slow" => SlowAsync(context, call),
        "/chunked" => ChunkedAsync(context),
        _ when path.StartsWith("/status/", StringComparison.Ordinal) && TryNumber(path[8..], 200, 599, out var status) =>
            TextAsync(context, (int)status, $"status {status}\n"),
        _ => TextAsync(context, StatusCodes.Status404NotFound, $"{call.Host.Name} has no {path}\n"),
    };

    private static async Task PageAsync(HttpContext context, ServiceCall call)
    {
        var status = (int)call.Number("status", StatusCodes.Status200OK);
        if (call.Setting("redirect", "") is { Length: > 0 } target)
        {
            context.Response.Headers.Location = target;
            await TextAsync(context, status == StatusCodes.Status200OK ? StatusCodes.Status302Found : status, $"it is at {target}\n");
            return;
        }

        var title = WebUtility.HtmlEncode(call.Setting("title", call.Host.Name));
        var text = call.Setting("text", "");
        var pair = $"<p>client {call.Remote}</p>\n<p>server {call.Local}</p>\n";
        var body =
            $"<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{title}</title></head>\n<body>\n<h1>{title}</h1>\n"
            + (text.Length > 0 ? $"<p>{WebUtility.HtmlEncode(text)}</p>\n" : pair) + "</body>\n</html>\n";
        await SendAsync(context, status, "text/html; charset=utf-8", Encoding.UTF8.GetBytes(body));
    }

    // What came goes back: of a request with a body the body, of one without the request itself.
    private static async Task EchoAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.ContentLength > 0 || request.Headers.TransferEncoding.Count > 0)
        {
            context.Response.ContentType = request.ContentType ?? "application/octet-stream";
            context.Response.ContentLength = request.ContentLength;
            await request.Body.CopyToAsync(context.Response.Body, context.RequestAborted);
            return;
        }

        var text = new StringBuilder($"{request.Method} {request.Path}{request.QueryString} {request.Protocol}\n");
        foreach (var (name, values) in request.Headers)
        {
            text.Append(name).Append(": ").Append(values.ToString()).Append('\n');
        }

        await TextAsync(context, StatusCodes.Status200OK, text.ToString());
    }

    private static async Task LargeAsync(HttpContext context)
    {
        if (!TryQuery(context, "bytes", 1 << 20, MaxLarge, out var length))
        {
            await TextAsync(context, StatusCodes.Status400BadRequest, $"bytes is a number from 0 to {MaxLarge}\n");
            return;
        }

        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = length;
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        // Each byte is its place modulo 251, so that whatever is lost or doubled shows.
        var block = new byte[251 * 64];
        for (var i = 0; i < block.Length; i++)
        {
            block[i] = (byte)(i % 251);
        }

        for (var left = length; left > 0; left -= block.Length)
        {
            await context.Response.Body.WriteAsync(block.AsMemory(0, (int)Math.Min(left, block.Length)), context.RequestAborted);
        }
    }

    private static async Task SlowAsync(HttpContext context, ServiceCall call)
    {
        if (!TryQuery(context, "ms", 1000, MaxSlow, out var wait))
        {
            await TextAsync(context, StatusCodes.Status400BadRequest, $"ms is a number from 0 to {MaxSlow}\n");
            return;
        }

        await Task.Delay(TimeSpan.FromMilliseconds(wait), call.Host.Time, context.RequestAborted);
        await TextAsync(context, StatusCodes.Status200OK, $"{wait} ms later\n");
    }

    private static async Task ChunkedAsync(HttpContext context)
    {
        if (!TryQuery(context, "chunks", 5, MaxChunks, out var chunks))
        {
            await TextAsync(context, StatusCodes.Status400BadRequest, $"chunks is a number from 0 to {MaxChunks}\n");
            return;
        }

        // Without a length each flush is a chunk (RFC 9112 section 7.1).
        context.Response.ContentType = "text/plain; charset=utf-8";
        for (var i = 1; i <= chunks && !HttpMethods.IsHead(context.Request.Method); i++)
        {
            await context.Response.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"chunk {i}\n"), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }

    private static Task TextAsync(HttpContext context, int status, string text) =>
        SendAsync(context, status, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text));

    private static async Task SendAsync(HttpContext context, int status, string type, byte[] body)
    {
        context.Response.StatusCode = status;
        if (status is StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent or StatusCodes.Status304NotModified)
        {
            return;
        }

        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    private static bool TryQuery(HttpContext context, string name, long usual, long most, out long value)
    {
        value = usual;
        return !context.Request.Query.TryGetValue(name, out var given) || TryNumber(given.ToString(), 0, most, out value);
    }

    private static bool TryNumber(string text, long least, long most, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= least && number <= most;
}
