using Portolan.Cli.Charting;
using Portolan.Cli.Hosting;
using Portolan.Linux;
using Portolan.Linux.Terminals;
using Portolan.Model;
using Portolan.Reachability.Composing;

namespace Portolan.Cli.Live;

/// <summary>What the live screen is asked for.</summary>
/// <param name="Every">How long from look to look, at least.</param>
/// <param name="Words">The filter at the beginning.</param>
/// <param name="Scope">What is read.</param>
/// <param name="Numeric">Whether service names are left out, and users are numbers.</param>
internal sealed record LiveRequest(TimeSpan Every, IReadOnlyList<string> Words, ChartScope Scope, bool Numeric);

/// <summary>Runs the live screen: looks on another thread, keys and drawing on this one.</summary>
internal sealed class LiveRun(CommandContext context, LiveRequest request)
{
    /// <summary>How long a key or a new size of the terminal may wait.</summary>
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);

    /// <summary>The same while a look is on its way: it is drawn when it is there.</summary>
    private static readonly TimeSpan ShortBeat = TimeSpan.FromMilliseconds(20);

    private readonly LiveReader _reader = new(context, request.Scope);
    private readonly LivePace _pace = new(request.Every);
    private readonly KeyReader _typed = new();
    private Task<LiveLook>? _looking;
    private long _lookedAt;
    private bool _isAsked = true;

    /// <summary>Runs until it is ended: by a key, or by cancelling.</summary>
    public ExitCode Run(CancellationToken cancellationToken)
    {
        if (context.Json)
        {
            return Stream(cancellationToken);
        }

        var names = context.Machine.Users;
        var owners = new OwnerName(request.Numeric ? static _ => null : names.Name, context.Environment("HOME"));
        var model = new LiveModel(names.Name) { Every = request.Every };
        model.SetFilter(string.Join(' ', request.Words));

        // What a registry of the user's own has to say is said before the screen is another.
        _ = context.Machine.Services;
        context.EndInOrder();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var keys = context.InputIsTerminal ? context.OpenKeys() : null;
        using var terminal = new LiveTerminal(context);
        var frame = new LiveFrame(model, owners)
        {
            Host = Survey.Host,
            IsRoot = Survey.IsRoot,
            Numeric = request.Numeric,
            Color = context.OutputColor,
            Zone = context.Clock.LocalTimeZone,
        };
        try
        {
            return Loop(model, frame, terminal, keys, ending.Token);
        }
        finally
        {
            ending.Cancel();
        }
    }

    private ExitCode Loop(LiveModel model, LiveFrame frame, LiveTerminal terminal, ITerminalKeys? keys, CancellationToken cancellationToken)
    {
        for (var isChanged = true; ;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            isChanged |= Advance(model, cancellationToken);
            if (isChanged || terminal.IsStale)
            {
                var size = terminal.Size;
                isChanged = !terminal.Show(frame.Draw(size.Columns, size.Rows), size);
            }

            foreach (var key in Keys(keys, cancellationToken))
            {
                isChanged = true;
                switch (model.Press(key))
                {
                    case LiveAction.Quit:
                        return ExitCode.Success;
                    case LiveAction.Look:
                        _isAsked = true;
                        break;
                }
            }
        }
    }

    /// <summary>JSON Lines, without a screen.</summary>
    private ExitCode Stream(CancellationToken cancellationToken)
    {
        context.EndInOrder();
        var filter = ChartFilter.Of(request.Words, context.Machine.Users.Name);
        var events = new LiveEvents(context.Output, filter);
        while (true)
        {
            var since = context.Clock.GetTimestamp();
            var look = _reader.Look(cancellationToken);
            _pace.Add(look.Cost);
            events.Write(look);
            var rest = _pace.Every - context.Clock.GetElapsedTime(since);
            cancellationToken.WaitHandle.WaitOne(rest > TimeSpan.Zero ? rest : TimeSpan.Zero);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Begins a look when it is time, and takes one that is there.</summary>
    /// <returns>Whether there is something to draw.</returns>
    private bool Advance(LiveModel model, CancellationToken cancellationToken)
    {
        if (_looking is { IsCompleted: true } done)
        {
            _looking = null;
            try
            {
                var look = done.GetAwaiter().GetResult();
                _pace.Add(look.Cost);
                model.Every = _pace.Every;
                model.Take(look);
            }
            catch (Exception exception) when (exception is PortolanException or LinuxException or IOException && model.Look is not null)
            {
                // The next look may succeed; the first one must.
                model.Failure = exception.Message;
            }

            return true;
        }

        if (_looking is null && (_isAsked || context.Clock.GetElapsedTime(_lookedAt) >= _pace.Every))
        {
            (_isAsked, _lookedAt) = (false, context.Clock.GetTimestamp());
            _looking = Task.Run(() => _reader.Look(cancellationToken), cancellationToken);
        }

        return false;
    }

    private List<KeyPress> Keys(ITerminalKeys? keys, CancellationToken cancellationToken)
    {
        var wait = _looking is null ? Beat : ShortBeat;
        if (keys is null)
        {
            cancellationToken.WaitHandle.WaitOne(wait);
            return [];
        }

        Span<byte> pressed = stackalloc byte[256];
        return !keys.Wait(wait) ? _typed.IsOpen ? _typed.Flush() : []
            : keys.Take(pressed) is > 0 and var count ? _typed.Add(pressed[..count])
            : [];
    }
}
