using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Portolan.Tests.Watch.Alerts;

/// <summary>A request that a webhook got.</summary>
internal sealed record WebhookCall(string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body, int Status);

/// <summary>A real web server at 127.0.0.1 that gets webhooks, and answers as a test says.</summary>
internal sealed class WebhookServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private WebhookServer(WebApplication application) => _application = application;

    public ConcurrentQueue<WebhookCall> Calls { get; } = new();

    /// <summary>The status of each answer, by the number of the request from 0.</summary>
    public Func<int, int> Status { get; set; } = static _ => 204;

    /// <summary>The same by the path, where that is set.</summary>
    public Func<string, int>? StatusOf { get; set; }

    public string Url => _application.Urls.First();

    public static async Task<WebhookServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddLogging(static logging => logging.ClearProviders());
        var server = new WebhookServer(builder.Build());
        server._application.Run(server.AnswerAsync);
        await server._application.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync() => await _application.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var path = context.Request.Path.Value ?? "";
        context.Response.StatusCode = StatusOf?.Invoke(path) ?? Status(Calls.Count);
        Calls.Enqueue(new WebhookCall(
            path, context.Request.Headers.ToDictionary(static h => h.Key.ToLowerInvariant(), static h => h.Value.ToString()),
            body.ToArray(), context.Response.StatusCode));
        context.Response.Headers.RetryAfter = "7";
    }
}
