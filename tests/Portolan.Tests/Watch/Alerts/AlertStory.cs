using Portolan.Store;
using Portolan.Tests.Scan.Checking;
using Portolan.Tests.Watch.Recording;
using Portolan.Watch.Alerts;
using static Portolan.Tests.Watch.ChartTexts;

namespace Portolan.Tests.Watch.Alerts;

/// <summary>A store that gets charts, and a receiver that fails on request; in virtual time.</summary>
internal sealed class AlertStory : IDisposable
{
    private readonly HistoryStories _history = new();
    private readonly List<string> _rows = [];
    private int _hour;

    public AlertStory() => Chart();

    public TestTime Time { get; } = new();

    /// <summary>What the receiver accepted: seconds, id and subject.</summary>
    public List<(double Second, string Id, string Subject)> Accepted { get; } = [];

    /// <summary>What it was sent, accepted or not: the ids.</summary>
    public List<(double Second, string Id)> Tried { get; } = [];

    public List<DeliveryReport> Reports { get; } = [];

    /// <summary>Decides about each attempt, from 0: <c>null</c> accepts.</summary>
    public Func<int, Exception?> Answer { get; set; } = static _ => null;

    /// <summary>Opens the store; a test may put a failure before it.</summary>
    public Func<HistoryStore> OpenStore => field ??= _history.Open;

    public void Dispose() => _history.Dispose();

    public HistoryStore Open() => _history.Open();

    /// <summary>A look, with further ports that are open.</summary>
    public void Opens(params string[] rows)
    {
        _rows.AddRange(rows);
        Chart();
    }

    public void Opens(params int[] ports) => Opens([.. ports.Select(static port => Row(port))]);

    public Outbox MakeOutbox() => new(_history.Open, "web-3", Time);

    public AlertRoute Route(string name = "admins", AlertFilter? filter = null) =>
        new(name, new Receiver(this), filter ?? new AlertFilter()) { IsQuiet = static _ => false };

    /// <summary>Runs a delivery while a story goes on, and ends it.</summary>
    public void Run(Func<AlertDelivery, Task> story, AlertRoute? route = null) => Time.Run(async () =>
    {
        using var outbox = MakeOutbox();
        using var end = new CancellationTokenSource();
        route ??= Route();
        outbox.Register([route.Name]);
        var delivery = new AlertDelivery(outbox, route, Time, Reports.Add);
        var work = delivery.RunAsync(end.Token);
        await story(delivery);
        Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work);
        return true;

        // On this thread: another would not be waited for.
        void Cancel() => end.Cancel();
    });

    public Task After(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), Time);

    private double Second => (Time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;

    private void Chart() => _history.AddChart(++_hour, ChartTexts.Chart([.. _rows]));

    private sealed class Receiver(AlertStory story) : IAlertReceiver
    {
        public Task SendAsync(AlertMessage message, CancellationToken cancellation)
        {
            story.Tried.Add((story.Second, message.Id));
            if (story.Answer(story.Tried.Count - 1) is { } failure)
            {
                return Task.FromException(failure);
            }

            story.Accepted.Add((story.Second, message.Id, message.Subject));
            return Task.CompletedTask;
        }
    }
}
