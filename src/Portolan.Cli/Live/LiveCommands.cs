using System.Globalization;
using System.Text;
using Portolan.Cli.Charting;
using Portolan.Cli.Hosting;
using Portolan.Linux;
using Portolan.Linux.Terminals;
using Portolan.Model;

namespace Portolan.Cli.Live;

/// <summary>
/// Runs commands about the chosen row for the pane of the live screen, on another thread: the very commands that one would type, whose
/// output is the text. A stop is shown as a dry run first. It is done when the port was typed, and only if a second dry run says the same.
/// </summary>
internal sealed class LiveCommands(CommandContext context) : IDisposable
{
    private enum Stage
    {
        /// <summary>The output is all.</summary>
        Show,

        /// <summary>Traffic, a text each second.</summary>
        Traffic,

        /// <summary>A dry run, and then the question.</summary>
        Plan,

        /// <summary>A dry run again, after the answer.</summary>
        PlanAgain,

        /// <summary>The stop.</summary>
        Stop,
    }

    private Task<(string Text, ExitCode Code)>? _running;
    private CancellationTokenSource? _ending;
    private LivePane? _pane;
    private Stage _stage;
    private string _target = "";
    private string _port = "";
    private string _plan = "";
    private int _columns;
    private string? _fresh;

    /// <summary>Whether a text is on its way.</summary>
    public bool IsRunning => _running is not null;

    /// <summary>Opens the pane for a row.</summary>
    /// <param name="model">The screen.</param>
    /// <param name="action">What was asked.</param>
    /// <param name="row">The row.</param>
    /// <param name="columns">Columns of the screen.</param>
    public void Open(LiveModel model, LiveAction action, LiveRow row, int columns)
    {
        Close(model);
        _port = row.Key.Port.ToString(CultureInfo.InvariantCulture);
        _target = ChartCells.Port(row.Row);
        _columns = columns;
        _stage = action switch
        {
            LiveAction.Stop => Stage.Plan,
            LiveAction.Traffic => Stage.Traffic,
            _ => Stage.Show,
        };
        string[] words = action switch
        {
            LiveAction.Explain => ["explain", _target],
            LiveAction.Rules => ["firewall", "show", _target],
            LiveAction.Traffic => ["traffic", "--by", "remote", $"'sport {_port} and protocol {row.Row.Protocol.Name()}'"],
            LiveAction.Stop => ["stop", _target, "--dry-run"],
            _ => ["who", _target],
        };
        _pane = model.Pane = new LivePane($"portolan {string.Join(' ', words)}");
        if (row.Row.IsOwnNamespace)
        {
            Begin(words);
        }
        else
        {
            _stage = Stage.Show;
            _pane.Show($"{_target} is in another network namespace.\nRun the command there, e.g. ip netns exec NAME {_pane.Title}");
        }
    }

    /// <summary>Goes on with what was asked for and confirmed.</summary>
    public void Confirm()
    {
        if (_pane is { Expected: not null })
        {
            _stage = Stage.PlanAgain;
            Begin(["stop", _target, "--dry-run"]);
        }
    }

    /// <summary>Takes a text that is there.</summary>
    /// <param name="hasStopped">Whether a stop has run: the machine is another.</param>
    /// <returns>Whether there is something to draw.</returns>
    public bool Advance(out bool hasStopped)
    {
        hasStopped = false;
        if (Interlocked.Exchange(ref _fresh, null) is { } fresh && _pane is { } open)
        {
            open.Show(fresh);
            return true;
        }

        if (_running is not { IsCompleted: true } done || _pane is not { } pane)
        {
            return false;
        }

        _running = null;
        var (text, code) = done.GetAwaiter().GetResult();
        if (_stage == Stage.PlanAgain && text == _plan)
        {
            _stage = Stage.Stop;
            string[] words = ["stop", _target, "--yes"];
            pane.Title = $"portolan {string.Join(' ', words)}";
            Begin(words);
            return true;
        }

        pane.Show(text);
        hasStopped = _stage == Stage.Stop;
        if (_stage is Stage.Plan or Stage.PlanAgain && code == ExitCode.Success)
        {
            _plan = text;
            pane.Ask(_port, _stage == Stage.PlanAgain ? "the plan is another by now: read it again" : null);
        }

        return true;
    }

    /// <summary>Closes the pane; what runs for it is cancelled. A stop that has begun is waited for: its end has to be seen.</summary>
    public void Close(LiveModel model)
    {
        if (_stage == Stage.Stop && IsRunning)
        {
            return;
        }

        Dispose();
        (_running, _pane, _fresh, model.Pane) = (null, null, null, null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ending?.Cancel();
        _ending?.Dispose();
        _ending = null;
    }

    private void Begin(string[] words)
    {
        Dispose();
        _pane!.Begin();
        _ending = new CancellationTokenSource();
        var (columns, cancellationToken) = (_columns, _ending.Token);
        string[] all = [.. words, context.OutputColor ? "--color=always" : "--color=never"];
        _running = _stage == Stage.Traffic
            ? Task.Run(() => Count(words[^1].Trim('\''), columns, cancellationToken), cancellationToken)
            : Task.Run(() => Run(all, columns, cancellationToken), cancellationToken);
    }

    /// <summary>Counts until the pane is closed; what is returned is why that cannot be.</summary>
    private (string Text, ExitCode Code) Count(string filter, int columns, CancellationToken cancellationToken)
    {
        using var output = new MemoryStream();
        using var inner = context.Into(output, TextWriter.Null, columns);
        inner.ColorMode = context.ColorMode;
        try
        {
            new LiveTraffic(inner, output, filter).Run(text => Volatile.Write(ref _fresh, text), cancellationToken);
            return ("", ExitCode.Success);
        }
        catch (Exception exception) when (exception is PortolanException or LinuxException)
        {
            var report = FailureReport.Of(exception, debug: false);
            using var error = new StringWriter { NewLine = "\n" };
            report.Write(() => error);
            return (error.ToString(), report.ExitCode);
        }
    }

    private (string Text, ExitCode Code) Run(string[] words, int columns, CancellationToken cancellationToken)
    {
        using var output = new MemoryStream();
        using var error = new StringWriter { NewLine = "\n" };
        using var inner = context.Into(output, error, columns);
        var code = CommandRunner.RunWithin(words, inner, cancellationToken);
        return (Encoding.UTF8.GetString(output.ToArray()) + error, code);
    }
}
