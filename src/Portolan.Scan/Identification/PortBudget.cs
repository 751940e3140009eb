using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Portolan.Scan.Checking;

namespace Portolan.Scan.Identification;

/// <summary>What one port may cost: connections and time. Opens the connections, so that none is made beyond them.</summary>
/// <remarks>Safe for use by several threads: questions to a port go side by side.</remarks>
internal sealed class PortBudget : IDisposable
{
    private readonly ICheckSockets _sockets;
    private readonly TimeProvider _clock;
    private readonly IdentifySettings _settings;
    private readonly LocalSendFailure _trouble;
    private readonly Action<ServiceTarget, ServiceProbe>? _tell;
    private readonly CancellationTokenSource _end;
    private readonly StepLimit _limit;
    private int _connections;
    private int _isOwnPlaceTaken;

    public PortBudget(
        ICheckSockets sockets, TimeProvider clock, IdentifySettings settings,
        LocalSendFailure trouble, Action<ServiceTarget, ServiceProbe>? tell,
        CancellationToken outer)
    {
        (_sockets, _clock, _settings, _trouble, _tell) = (sockets, clock, settings, trouble, tell);
        _end = CancellationTokenSource.CreateLinkedTokenSource(outer);
        _limit = new StepLimit(settings.PortLimit, clock, _end.Token);
    }

    /// <summary>Ends with the port's time.</summary>
    public CancellationToken Token => _limit.Token;

    /// <summary>No time is left.</summary>
    public bool IsOver => _limit.Token.IsCancellationRequested;

    /// <summary>Connections made so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>One more connection may be made.</summary>
    public bool MayConnect => Connections < _settings.MaxConnections && !IsOver;

    /// <summary>The wait for the rest of a reply.</summary>
    public TimeSpan Patience => _settings.Patience;

    /// <summary>The most bytes of one reply.</summary>
    public int ReplyLimit => _settings.ReplyLimit;

    /// <summary>The first bytes that a peer said to a TLS handshake that failed.</summary>
    public ReadOnlyMemory<byte> SaidToHello { get; private set; }

    /// <summary>The server's certificate, as DER, from a handshake that failed because the client has none; empty where none did.</summary>
    public ReadOnlyMemory<byte> SeenCertificate { get; private set; }

    /// <summary>Why this host could not send, in the system's words, where it did not pass; <c>null</c> where all could be sent.</summary>
    public string? NotSent { get; private set; }

    /// <summary>A point in time, for <see cref="Since"/>.</summary>
    public long Now => _clock.GetTimestamp();

    /// <summary>The time from a point on.</summary>
    public TimeSpan Since(long point) => _clock.GetElapsedTime(point);

    /// <summary>Says what is sent, before it is.</summary>
    public void Tell(ServiceTarget target, ServiceProbe probe) => _tell?.Invoke(target, probe);

    /// <summary>Ends after a wait, or with the port's time.</summary>
    public Task DelayAsync(TimeSpan wait) => Task.Delay(wait, _clock, Token);

    /// <summary>A limit within the port's own.</summary>
    public StepLimit Limit(TimeSpan time) => new(time, _clock, Token);

    /// <summary>The port is known: what still goes on ends now.</summary>
    public void End() => _end.Cancel();

    /// <summary>
    /// Takes a place at the host for one more connection: the port's own, else one that no other port of the host has; <c>null</c> where
    /// none is free.
    /// </summary>
    /// <returns>Gives it back.</returns>
    public Action? TakePlace(ServiceTarget target)
    {
        if (Interlocked.Exchange(ref _isOwnPlaceTaken, 1) == 0)
        {
            return () => Volatile.Write(ref _isOwnPlaceTaken, 0);
        }

        return target.Places is not { } places ? static () => { } : places.TryTake() ? places.Give : null;
    }

    /// <summary>Opens a connection; <c>null</c> where none is left, or none came about.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="secure">With TLS.</param>
    /// <param name="place">Its place at the host (<see cref="TakePlace"/>); <c>null</c> to take one.</param>
    /// <param name="protocols">The application protocols that are offered inside TLS (RFC 7301); <c>null</c> for no offer.</param>
    public async Task<Conversation?> OpenAsync(
        ServiceTarget target, bool secure, Action? place = null, IReadOnlyList<string>? protocols = null)
    {
        if ((place ?? TakePlace(target)) is not { } taken)
        {
            return null;
        }

        Conversation? opened = null;
        try
        {
            return opened = await ConnectAsync(target, secure, taken, protocols);
        }
        finally
        {
            if (opened is null)
            {
                taken();
            }
        }
    }

    private async Task<Conversation?> ConnectAsync(ServiceTarget target, bool secure, Action place, IReadOnlyList<string>? protocols)
    {
        for (var tries = 0; TryTake(); tries++)
        {
            using var attempt = Limit(_settings.ConnectLimit);
            var result = await _sockets.ConnectAsync(target.Socket, attempt.Token);
            if (result.Outcome == ConnectionOutcome.NotSent)
            {
                // The peer has seen nothing of it.
                Interlocked.Decrement(ref _connections);
                if (await MayTryAgainAsync(result.Error, tries))
                {
                    continue;
                }

                return null;
            }

            _trouble.IsOver();
            if (result.Stream is not { } stream)
            {
                return null;
            }

            return secure
                ? await SecureAsync(target, new WatchedStream(stream), place, protocols)
                : new Conversation(target, stream, tunnel: null, this, place);
        }

        return null;
    }

    /// <summary>
    /// Waits where something could not be sent; <c>false</c> where it is not to be tried again, and <see cref="NotSent"/> says why.
    /// </summary>
    /// <param name="error">The system's words for it.</param>
    /// <param name="tries">How often it was tried again already.</param>
    public async Task<bool> MayTryAgainAsync(string? error, int tries)
    {
        var reason = error ?? "nothing was sent";
        if (await _trouble.WaitAsync(reason, tries, Token))
        {
            return true;
        }

        NotSent = reason;
        return false;
    }

    /// <summary>Something left this host.</summary>
    public void HasSent() => _trouble.IsOver();

    /// <summary>Makes the TLS handshake on a connection; <c>null</c> where it fails, and the connection is closed.</summary>
    /// <param name="target">With whom.</param>
    /// <param name="stream">The connection.</param>
    /// <param name="givePlace">Gives its place at the host back; called by the caller where this fails.</param>
    /// <param name="protocols">The application protocols that are offered (RFC 7301); <c>null</c> for no offer.</param>
    public async Task<Conversation?> SecureAsync(
        ServiceTarget target, WatchedStream stream, Action? givePlace, IReadOnlyList<string>? protocols = null)
    {
        var tls = new SslStream(stream, leaveInnerStreamOpen: false);
        byte[]? seen = null;
        try
        {
            using var attempt = Limit(_settings.ConnectLimit);
            _tell?.Invoke(target, TlsHello.Probe);
            await tls.AuthenticateAsClientAsync(TlsHello.OptionsFor(target, protocols, server => seen = server), attempt.Token);
            return new Conversation(target, tls, tunnel: "ssl", this, givePlace) { Tls = TlsLayer.Of(tls, seen is not null) };
        }
        catch (Exception exception)
            when (exception is AuthenticationException or IOException or OperationCanceledException or SocketException
                or InvalidOperationException)
        {
            SaidToHello = stream.First.ToArray();
            SeenCertificate = seen;
            await tls.DisposeAsync();
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _limit.Dispose();
        _end.Dispose();
    }

    private bool TryTake()
    {
        if (IsOver)
        {
            return false;
        }

        if (Interlocked.Increment(ref _connections) <= _settings.MaxConnections)
        {
            return true;
        }

        Interlocked.Decrement(ref _connections);
        return false;
    }
}
