using System.Globalization;
using Portolan.Server.Watch.Receivers;
using Portolan.Server.Watch.Settings;
using Portolan.Store;
using Portolan.Watch.Alerts;

namespace Portolan.Server.Watch;

/// <summary>The receivers of a running <c>portolan watch</c>, each with a task of its own, so that a slow one delays no other.</summary>
internal sealed class AlertRun : IAsyncDisposable
{
    private const int MostNotices = 120;

    private static readonly TimeSpan NoticePause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan DefectPause = TimeSpan.FromMinutes(1);

    private readonly string _file;
    private readonly string _machine;
    private readonly Func<string, string?> _environment;
    private readonly TimeProvider _clock;
    private readonly WatchMetrics _metrics;
    private readonly Action<string> _say;
    private readonly Outbox _outbox;
    private readonly SemaphoreSlim _gate = new(1);
    private readonly Lock _reports = new();
    private readonly Dictionary<string, string> _troubles = new(StringComparer.Ordinal);

    private WatchSettings _settings;
    private IReadOnlyList<AlertDelivery> _deliveries = [];
    private IReadOnlyList<Heartbeat> _heartbeats = [];
    private CancellationTokenSource _end = new();
    private CancellationTokenSource _notice = new();
    private Task _work = Task.CompletedTask;

    private AlertRun(
        string file, Func<HistoryStore> openStore, string machine, Func<string, string?> environment, TimeProvider clock,
        WatchMetrics metrics, Action<string> say)
    {
        (_file, _machine, _environment, _clock, _metrics, _say) = (file, machine, environment, clock, metrics, say);
        _settings = WatchFile.ReadOrThrow(file, environment, clock);
        _outbox = new Outbox(openStore, machine, clock);
    }

    /// <summary>How long after a look the next one begins; <c>null</c> where the file does not say.</summary>
    internal TimeSpan? Every => Volatile.Read(ref _settings).Every;

    /// <summary>Reads the file, and begins to deliver what the receivers have not accepted yet.</summary>
    /// <param name="file">The file.</param>
    /// <param name="openStore">Opens the store.</param>
    /// <param name="machine">The machine's name.</param>
    /// <param name="environment">Reads a variable.</param>
    /// <param name="clock">The time.</param>
    /// <param name="metrics">Counts.</param>
    /// <param name="say">Says a line that is safe to print.</param>
    /// <exception cref="PortolanException">The file is wrong, or the store cannot be written.</exception>
    internal static AlertRun Open(
        string file, Func<HistoryStore> openStore, string machine, Func<string, string?> environment, TimeProvider clock,
        WatchMetrics metrics, Action<string> say)
    {
        var run = new AlertRun(file, openStore, machine, environment, clock, metrics, say);
        try
        {
            run.Register(run._settings);
            run.Start();
            return run;
        }
        catch
        {
            run._outbox.Dispose();
            throw;
        }
    }

    /// <summary>Says that a look succeeded: the store may have something new.</summary>
    internal void Wake()
    {
        foreach (var heartbeat in Volatile.Read(ref _heartbeats))
        {
            heartbeat.Wake();
        }

        foreach (var delivery in Volatile.Read(ref _deliveries))
        {
            delivery.Wake();
        }
    }

    /// <summary>
    /// Sends what is in no store to every receiver of events, beside its other messages; tried for an hour. How looks stand is
    /// sent only until the next notice of it.
    /// </summary>
    internal void Notify(AlertNotice notice)
    {
        var token = _end.Token;
        if (notice.IsOfLooks)
        {
            _notice.Cancel();
            _notice = CancellationTokenSource.CreateLinkedTokenSource(token);
            token = _notice.Token;
        }

        foreach (var route in Events(_settings))
        {
            _ = NotifyAsync(route, AlertMessage.Of(notice, _machine, route.Name, _clock.GetUtcNow()), token);
        }
    }

    /// <summary>Reads the file again. A wrong one changes nothing.</summary>
    internal async Task ReloadAsync()
    {
        await _gate.WaitAsync();
        try
        {
            var settings = WatchFile.ReadOrThrow(_file, _environment, _clock);
            Register(settings);
            await StopAsync();
            Volatile.Write(ref _settings, settings);
            Start();
            _say(string.Create(
                CultureInfo.InvariantCulture, $"{TerminalText.Escape(_file)} is in effect: {settings.Routes.Count} receivers"));
        }
        catch (PortolanException exception)
        {
            _say($"{TerminalText.Escape(exception.Message)}; the receivers stay as they were");
            foreach (var detail in exception.Details)
            {
                _say(detail);
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync();
        await StopAsync();
        _end.Dispose();
        _notice.Dispose();
        _outbox.Dispose();
        _gate.Dispose();
    }

    private async Task NotifyAsync(AlertRoute route, AlertMessage message, CancellationToken cancellation)
    {
        try
        {
            for (var attempt = 0; attempt < MostNotices; attempt++)
            {
                try
                {
                    await route.Receiver.SendAsync(message, cancellation);
                    return;
                }
                catch (AlertRefusedException)
                {
                    await Task.Delay(NoticePause, _clock, cancellation);
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private void Start()
    {
        _metrics.Know([.. _settings.Routes.Select(static route => route.Name)]);
        _end = new CancellationTokenSource();
        var (secrets, token) = (_settings.Secrets, _end.Token);
        AlertDelivery[] deliveries =
            [.. Events(_settings).Select(route => new AlertDelivery(_outbox, route, _clock, report => Report(report, secrets)))];
        Heartbeat[] heartbeats =
            [.. _settings.Routes.Where(static route => route.Receiver is HeartbeatReceiver).Select(
                route => new Heartbeat(route.Name, (HeartbeatReceiver)route.Receiver, _clock, report => Report(report, secrets)))];
        Volatile.Write(ref _deliveries, deliveries);
        Volatile.Write(ref _heartbeats, heartbeats);
        _work = Task.WhenAll(
            [.. deliveries.Select(delivery => Task.Run(() => KeepAsync(delivery.Receiver, delivery.RunAsync, token), token)),
                .. heartbeats.Select(heartbeat => Task.Run(() => KeepAsync(heartbeat.Receiver, heartbeat.RunAsync, token), token))]);
    }

    private static IEnumerable<AlertRoute> Events(WatchSettings settings) =>
        settings.Routes.Where(static route => route.Receiver is not HeartbeatReceiver);

    private void Register(WatchSettings settings) => _outbox.Register([.. Events(settings).Select(static route => route.Name)]);

    // A defect must not silence a receiver for ever.
    private async Task KeepAsync(string receiver, Func<CancellationToken, Task> run, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                await run(cancellation);
                return;
            }
#pragma warning disable CA1031 // Whatever it is, it is said and the receiver goes on.
            catch (Exception exception) when (!cancellation.IsCancellationRequested)
#pragma warning restore CA1031
            {
                var reason = $"unexpected {exception.GetType().Name}: {exception.Message}";
                Report(new DeliveryReport(DeliveryStep.Refused, receiver, reason, DefectPause, 0), _settings.Secrets);
                await Task.Delay(DefectPause, _clock, cancellation);
            }
        }
    }

    private async Task StopAsync()
    {
        await _end.CancelAsync();
        try
        {
            await _work;
        }
        catch (OperationCanceledException)
        {
        }
    }

    // The first failure is said, and another reason; then that it works again.
    private void Report(DeliveryReport report, SecretMask secrets)
    {
        _metrics.Count(report);
        lock (_reports)
        {
            var known = _troubles.GetValueOrDefault(report.Receiver);
            if (report.Reason is null)
            {
                if (_troubles.Remove(report.Receiver))
                {
                    _say($"receiver {report.Receiver} works again");
                }
            }
            else if (known != report.Reason)
            {
                _troubles[report.Receiver] = report.Reason;
                var next = DurationText.Format(report.Retry);
                _say($"receiver {report.Receiver}: {secrets.Hide(report.Reason)}; the next attempt is in {next}");
            }
        }
    }
}
