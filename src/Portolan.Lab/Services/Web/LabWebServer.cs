using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Portolan.Lab.Services.Web;

/// <summary>One Kestrel for all hosts of a lab. It listens nowhere: connections of any host's stack are handed to it.</summary>
/// <remarks>Any thread. Kestrel works on the thread pool, and its own timers are real time.</remarks>
internal sealed class LabWebServer : IAsyncDisposable
{
    private readonly Handover _handover = new();
    private readonly KestrelServer _server;
    private readonly Lock _lock = new();
    private Task? _started;

    internal LabWebServer()
    {
        var options = new KestrelServerOptions { AddServerHeader = false, ApplicationServices = new NoServices() };

        // These are in real time, and a lab's links may be slower than any that they allow.
        options.Limits.MinRequestBodyDataRate = null;
        options.Limits.MinResponseDataRate = null;
        options.Listen(_handover.EndPoint, static listen => listen.Protocols = HttpProtocols.Http1);
        _server = new KestrelServer(Options.Create(options), _handover, NullLoggerFactory.Instance);
    }

    /// <summary>Begins, once.</summary>
    internal Task StartAsync()
    {
        lock (_lock)
        {
            return _started ??= _server.StartAsync(new Application(), CancellationToken.None);
        }
    }

    /// <summary>Serves a connection until it is over.</summary>
    internal async Task ServeAsync(WebConnection connection, CancellationToken cancellationToken)
    {
        await StartAsync();
        await using var ended = cancellationToken.UnsafeRegister(static c => ((WebConnection)c!).Abort(), connection);
        if (_handover.TryGive(connection))
        {
            await connection.Completion;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _handover.End();
        using var atOnce = new CancellationTokenSource();
        await atOnce.CancelAsync();
        await _server.StopAsync(atOnce.Token);
        _server.Dispose();
    }

    private sealed class Application : IHttpApplication<IFeatureCollection>
    {
        public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

        public Task ProcessRequestAsync(IFeatureCollection context) => WebPages.AnswerAsync(context);

        public void DisposeContext(IFeatureCollection context, Exception? exception)
        {
            // There is nothing of it.
        }
    }

    private sealed class NoServices : IServiceProvider
    {
        public object? GetService(Type serviceType) => null;
    }

    /// <summary>Where connections wait for Kestrel.</summary>
    private sealed class Handover : IConnectionListenerFactory, IConnectionListener
    {
        private readonly Channel<ConnectionContext> _waiting = Channel.CreateUnbounded<ConnectionContext>();

        public EndPoint EndPoint { get; } = new LabEndPoint();

        public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(this);

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
            await _waiting.Reader.WaitToReadAsync(cancellationToken) && _waiting.Reader.TryRead(out var connection) ? connection : null;

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            End();
            return default;
        }

        public ValueTask DisposeAsync() => UnbindAsync();

        internal bool TryGive(ConnectionContext connection) => _waiting.Writer.TryWrite(connection);

        internal void End() => _waiting.Writer.TryComplete();
    }

    private sealed class LabEndPoint : EndPoint
    {
        public override string ToString() => "the lab";
    }
}
