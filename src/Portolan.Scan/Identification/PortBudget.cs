using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Portolan.Scan.Checking;

namespace Portolan.Scan.Identification;

/// <summary>What one port may cost: connections and time. Opens the connections, so that none is made beyond them.</summary>
internal sealed class PortBudget : IDisposable
{
    private readonly ICheckSockets _sockets;
    private readonly TimeProvider _clock;
    private readonly IdentifySettings _settings;
    private readonly Action<ServiceTarget, ServiceProbe>? _tell;
    private readonly StepLimit _limit;

    public PortBudget(ICheckSockets sockets, TimeProvider clock, IdentifySettings settings, Action<ServiceTarget, ServiceProbe>? tell, CancellationToken outer)
    {
        (_sockets, _clock, _settings, _tell) = (sockets, clock, settings, tell);
        _limit = new StepLimit(settings.PortLimit, clock, outer);
    }

    /// <summary>Ends with the port's time.</summary>
    public CancellationToken Token => _limit.Token;

    /// <summary>No time is left.</summary>
    public bool IsOver => _limit.Token.IsCancellationRequested;

    /// <summary>Connections made so far.</summary>
    public int Connections { get; private set; }

    /// <summary>One more connection may be made.</summary>
    public bool MayConnect => Connections < _settings.MaxConnections && !IsOver;

    /// <summary>The wait for the rest of a reply.</summary>
    public TimeSpan Patience => _settings.Patience;

    /// <summary>The first bytes that a peer said to a TLS handshake that failed.</summary>
    public ReadOnlyMemory<byte> SaidToHello { get; private set; }

    /// <summary>Says what is sent, before it is.</summary>
    public void Tell(ServiceTarget target, ServiceProbe probe) => _tell?.Invoke(target, probe);

    /// <summary>Ends after a wait, or with the port's time.</summary>
    public Task DelayAsync(TimeSpan wait) => Task.Delay(wait, _clock, Token);

    /// <summary>A limit within the port's own.</summary>
    public StepLimit Limit(TimeSpan time) => new(time, _clock, Token);

    /// <summary>Opens a connection; <c>null</c> where none is left, or none came about.</summary>
    public async Task<Conversation?> OpenAsync(ServiceTarget target, bool secure)
    {
        if (!MayConnect)
        {
            return null;
        }

        Connections++;
        using var attempt = Limit(_settings.ConnectLimit);
        var result = await _sockets.ConnectAsync(target.Socket, attempt.Token);
        if (result.Stream is not { } stream)
        {
            return null;
        }

        return secure ? await SecureAsync(target, stream) : new Conversation(target, stream, tunnel: null, this);
    }

    /// <inheritdoc/>
    public void Dispose() => _limit.Dispose();

    private async Task<Conversation?> SecureAsync(ServiceTarget target, Stream stream)
    {
        var watched = new WatchedStream(stream);
        var tls = new SslStream(watched, leaveInnerStreamOpen: false);
        try
        {
            using var attempt = Limit(_settings.ConnectLimit);
            _tell?.Invoke(target, TlsHello.Probe);
            await tls.AuthenticateAsClientAsync(TlsHello.OptionsFor(target), attempt.Token);
            return new Conversation(target, tls, tunnel: "ssl", this);
        }
        catch (Exception exception) when (exception is AuthenticationException or IOException or OperationCanceledException or SocketException or InvalidOperationException)
        {
            SaidToHello = watched.First.ToArray();
            await tls.DisposeAsync();
            return null;
        }
    }
}
