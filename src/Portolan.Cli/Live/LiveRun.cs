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
internal sealed class LiveRun(CommandContext context, LiveRequest request) : IDisposable
{
    /// <summary>How long a key or a new size of the terminal may wait.</summary>
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);

    /// <summary>The same while a look is on its way: it is drawn when it is there.</summary>
    private static readonly TimeSpan ShortBeat = TimeSpan.FromMilliseconds(20);

    private readonly LiveReader _reader = new(context, request.Scope);
    private readonly LivePace _pace = new(request.Every);
    private readonly KeyReader _typed = new();
    private readonly LiveCommands _commands = new(context);
    private readonly LiveNews _news = new(context.OpenChanges);
    private Task<LiveLook>? _looking;
    private long _lookedAt;
    private bool _isAsked = true;
    private bool _hasNews;

    /// <summary>Runs until it is ended: by a key, or by cancelling.</summary>
    public ExitCode Run(CancellationToken cancellationToken)
    {
        if (context.Json)
        {
            return Stream(cancellationToken);
        }

        var names = context.Machine.Users;
        var owners = new OwnerName(request.Numeric ? static _ => null : names.Name, context.Environment("HOME"));
        LiveFilter Read(string text) =>
            LiveFilter.Of(text, names.Name, () => context.Machine.FilterNames(request.Scope.AllNamespaces));
        var model = new LiveModel(Read) { Every = request.Every };
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
        _news.Begin();
        try
        {
            return Loop(model, frame, terminal, keys, ending.Token);
        }
        finally
        {
            ending.Cancel();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _commands.Dispose();
        _news.Dispose();
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
                    case LiveAction.None:
                        break;
                    case LiveAction.Look:
                        _isAsked = true;
                        break;
                    case LiveAction.Confirm:
                        _commands.Confirm();
                        break;
                    case LiveAction.Close:
                        _commands.Close(model);
                        break;
                    case var about:
                        _commands.Open(model, about, model.Chosen!, terminal.Size.Columns);
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
        _news.Begin();
        while (true)
        {
            var since = context.Clock.GetTimestamp();
            _hasNews = false;
            var look = _reader.Look(cancellationToken);
            _pace.Add(look.Cost);
            _news.Looked(look.Facts);
            events.Write(look);
            while (!IsDue(since))
            {
                cancellationToken.WaitHandle.WaitOne(Beat);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>Begins a look when it is time, and takes one that is there.</summary>
    /// <returns>Whether there is something to draw.</returns>
    private bool Advance(LiveModel model, CancellationToken cancellationToken)
    {
        var isChanged = _commands.Advance(out var hasStopped);
        _isAsked |= hasStopped;
        if (_looking is { IsCompleted: true } done)
        {
            _looking = null;
            try
            {
                var look = done.GetAwaiter().GetResult();
                _pace.Add(look.Cost);
                (model.Every, model.HearsListeners) = (_pace.Every, _news.HearsListeners);
                _news.Looked(look.Facts);
                model.Take(look);
            }
            catch (Exception exception) when (exception is PortolanException or LinuxException or IOException && model.Look is not null)
            {
                // The next look may succeed; the first one must.
                model.Failure = exception.Message;
            }

            return true;
        }

        if (_looking is null && (_isAsked || IsDue(_lookedAt)))
        {
            (_isAsked, _hasNews, _lookedAt) = (false, false, context.Clock.GetTimestamp());
            _looking = Task.Run(() => _reader.Look(cancellationToken), cancellationToken);
        }

        return isChanged;
    }

    private bool IsDue(long lookedAt)
    {
        _hasNews |= _news.Take();
        return context.Clock.GetElapsedTime(lookedAt) is var elapsed && elapsed >= (_hasNews ? _pace.Gap : _pace.Every);
    }

    private List<KeyPress> Keys(ITerminalKeys? keys, CancellationToken cancellationToken)
    {
        var wait = _looking is null && !_commands.IsRunning ? Beat : ShortBeat;
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
