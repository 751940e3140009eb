using System.Net.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Portolan.Web.Access;
using Portolan.Web.Api;

namespace Portolan.Web.Hosting;

/// <summary>The HTTP server: the page, and the routes of the API behind the gate.</summary>
internal sealed class WebServer : IAsyncDisposable
{
    /// <summary>How long an answer may take to end when the server is asked to.</summary>
    private static readonly TimeSpan EndTime = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Between = TimeSpan.FromSeconds(2);

    private const int MostConnections = 1000;

    private readonly WebApplication _app;
    private readonly AccessControl _access;
    private readonly CancellationTokenSource _ending;

    private WebServer(WebApplication app, AccessControl access, CancellationTokenSource ending) =>
        (_app, _access, _ending) = (app, access, ending);

    /// <param name="plan">What it serves.</param>
    /// <param name="ending">Fired before it ends, so that streams end first.</param>
    /// <exception cref="AddressInUseException">Something else listens there.</exception>
    internal static async Task<WebServer> StartAsync(ServerPlan plan, CancellationTokenSource ending)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.Services.Configure<HostOptions>(static options => options.ShutdownTimeout = EndTime);
        builder.WebHost.ConfigureKestrel(options => Configure(options, plan));
        var app = builder.Build();
        Map(app, plan);
        try
        {
            await app.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        return new WebServer(app, plan.Access, ending);
    }

    /// <summary>Serves until it is asked to end.</summary>
    internal async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Between);
        try
        {
            while (await timer.WaitForNextTickAsync(_ending.Token))
            {
                _access.Sessions.Refresh();
            }
        }
        catch (OperationCanceledException)
        {
            // That is how it ends.
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        using var limit = new CancellationTokenSource(EndTime);
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
    }

    private static void Configure(KestrelServerOptions options, ServerPlan plan)
    {
        options.AddServerHeader = false;
        options.Limits.MaxConcurrentConnections = MostConnections;
        options.Limits.MaxRequestBodySize = ApiExchange.LongestBody;
        options.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
        options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        if (plan.Listen.EndPoint is { } place)
        {
            options.Listen(place, listen => Speak(listen, plan));
        }
        else
        {
            options.ListenUnixSocket(plan.Listen.Socket!, listen => Speak(listen, plan));
        }
    }

    private static void Speak(ListenOptions listen, ServerPlan plan)
    {
        if (plan.Certificate is { } certificate)
        {
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                OnConnection = _ => ValueTask.FromResult(
                    new SslServerAuthenticationOptions { ServerCertificateContext = certificate.Current() }),
            });
        }
        else
        {
            listen.Protocols = HttpProtocols.Http1;
        }
    }

    private static void Map(WebApplication app, ServerPlan plan)
    {
        var gate = new RequestGate(plan.Names);
        app.Use(async (http, next) =>
        {
            SecurityHeaders.AddTo(http.Response);
            try
            {
                gate.Check(http.Request, http.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal));
            }
            catch (ApiError error)
            {
                await RouteServer.RefuseAsync(http, error);
                return;
            }

            await next(http);
        });
        app.UseRouting();
        var authenticator = new Authenticator(plan.Access);
        foreach (var route in plan.Routes)
        {
            var server = new RouteServer(route, plan.Access, authenticator, plan.Report);
            app.MapMethods(route.Path, route.Method == "GET" ? ["GET", "HEAD"] : [route.Method], (RequestDelegate)server.ServeAsync);
        }

        app.MapMethods("/api/{**path}", ["GET", "HEAD", "POST", "DELETE"], (RequestDelegate)(static http =>
            RouteServer.RefuseAsync(http, ApiError.NotFound("no-such-route", "There is no such route.", "docs/api.md lists them."))));
        app.MapMethods("/{**path}", ["GET", "HEAD"], (RequestDelegate)(async http =>
        {
            if (!await plan.Page.AnswerAsync(http))
            {
                await RouteServer.RefuseAsync(http, ApiError.NotFound("no-such-file", "There is no such file."));
            }
        }));
        app.UseEndpoints(static _ => { });
    }

    /// <summary>Signals are caught elsewhere, and nothing is written to the terminal.</summary>
    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

/// <summary>What a server is, for those who use it.</summary>
/// <param name="Version">The version of the program.</param>
/// <param name="Bundle">A hash of the page's files.</param>
/// <param name="Host">The machine.</param>
/// <param name="UserId">The user that it runs as.</param>
/// <param name="UserName">That user's name, or <c>null</c>.</param>
/// <param name="IsPrivileged">Whether it may read rules and the processes of other users.</param>
/// <param name="StorePath">Where the machine's history is, if there is one; <c>null</c> where there is no place for it.</param>
/// <param name="HasFleet">Whether it shows a fleet.</param>
internal sealed record ServerFacts(
    string Version, string Bundle, string Host, uint UserId, string? UserName, bool IsPrivileged, string? StorePath,
    bool HasFleet)
{
    /// <summary>Whether the machine has a history.</summary>
    internal bool HasStore => File.Exists(StorePath);
}

/// <summary>What a server serves.</summary>
/// <param name="Listen">Where.</param>
/// <param name="Certificate">Its certificate; <c>null</c> for plain HTTP.</param>
/// <param name="Names">Its permitted names.</param>
/// <param name="Access">What decides over access.</param>
/// <param name="Page">The page.</param>
/// <param name="Routes">The routes of the API.</param>
/// <param name="Report">Says an unexpected failure to the person at the server.</param>
internal sealed record ServerPlan(
    ListenAddress Listen, ServerCertificate? Certificate, AllowedHosts Names, AccessControl Access, PageFiles Page,
    IReadOnlyList<ApiRoute> Routes, Action<Exception> Report);
