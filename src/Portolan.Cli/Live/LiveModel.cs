using System.Text;

namespace Portolan.Cli.Live;

/// <summary>What a key asks for beyond the screen itself.</summary>
internal enum LiveAction
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The end.</summary>
    Quit,

    /// <summary>A look at once.</summary>
    Look,

    /// <summary>Who holds the chosen port, and why it runs.</summary>
    Who,

    /// <summary>Who can reach it.</summary>
    Explain,

    /// <summary>The rules about it.</summary>
    Rules,

    /// <summary>Who talks with it, and how much.</summary>
    Traffic,

    /// <summary>What a stop of its holder would do.</summary>
    Stop,

    /// <summary>What the pane asked for was typed.</summary>
    Confirm,

    /// <summary>The end of the pane.</summary>
    Close,
}

/// <summary>
/// The state of the live screen: rows with their marks, which one is chosen, filter, order, pause. Nothing here draws, reads or waits.
/// </summary>
/// <remarks>
/// Rows do not jump: a row keeps its place while its figures change, a port that is gone stays for a minute, and the chosen row stays on
/// its line while others come and go above it. Only <c>o</c> sorts anew. For one thread.
/// </remarks>
internal sealed class LiveModel(Func<string, LiveFilter> read)
{
    /// <summary>How long a row has its mark.</summary>
    public static readonly TimeSpan MarkTime = TimeSpan.FromMinutes(5);

    /// <summary>How long a row is shown that is gone.</summary>
    public static readonly TimeSpan GoneTime = TimeSpan.FromMinutes(1);

    private Dictionary<LiveRowKey, LiveRow> _rows = [];
    private List<LiveRow> _shown = [];
    private LiveFilter _filter = read("");
    private LiveRowKey? _selected;
    private LiveLook? _withheld;
    private string _filterBefore = "";

    /// <summary>The last look that is drawn; <c>null</c> before the first.</summary>
    public LiveLook? Look { get; private set; }

    /// <summary>The rows that the filter lets through, in their order.</summary>
    public IReadOnlyList<LiveRow> Rows => _shown;

    /// <summary>Bytes each second.</summary>
    public LiveRates Rates { get; } = new();

    /// <summary>Which of <see cref="Rows"/> is chosen; -1 where there is none.</summary>
    public int Selected { get; private set; } = -1;

    /// <summary>The first of <see cref="Rows"/> on the screen.</summary>
    public int Top { get; private set; }

    /// <summary>How they are sorted.</summary>
    public LiveOrder Order { get; private set; }

    /// <summary>Whether new looks wait.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>The text that covers the rows; <c>null</c> where none does.</summary>
    public LivePane? Pane { get; set; }

    /// <summary>Whether the filter is being typed.</summary>
    public bool IsTyping { get; private set; }

    /// <summary>Whether the keys are explained.</summary>
    public bool IsHelp { get; private set; }

    /// <summary>The filter as it is typed. Hostile text.</summary>
    public string Filter { get; private set; } = "";

    /// <summary>What is wrong with it; <c>null</c> where nothing is. The filter before still holds then.</summary>
    public string? FilterProblem { get; private set; }

    /// <summary>Why the last look failed; <c>null</c> where it did not.</summary>
    public string? Failure { get; set; }

    /// <summary>How long from the beginning of a look to the next.</summary>
    public TimeSpan Every { get; set; }

    /// <summary>Whether the kernel reports new listeners, so that a look follows at once.</summary>
    public bool HearsListeners { get; set; }

    /// <summary>How many rows a page has: as many as were drawn last.</summary>
    public int PageRows { get; private set; } = 1;

    /// <summary>The chosen row; <c>null</c> where there is none.</summary>
    public LiveRow? Chosen => Selected >= 0 ? _shown[Selected] : null;

    /// <summary>Takes a look; while it is paused the last one waits.</summary>
    public void Take(LiveLook look)
    {
        Failure = null;
        if (IsPaused)
        {
            _withheld = look;
            return;
        }

        var isFirst = Look is null;
        Look = look;
        var rows = new Dictionary<LiveRowKey, LiveRow>(look.Chart.Rows.Count);
        foreach (var (key, row) in LiveRowKey.Of(look.Chart, look.Facts))
        {
            rows[key] = _rows.TryGetValue(key, out var known)
                ? known.Next(row, look.At, look.At - MarkTime)
                : new LiveRow(key, row, isFirst ? LiveMark.None : LiveMark.New, isFirst ? null : look.At, row);
        }

        foreach (var (key, known) in _rows)
        {
            if (!rows.ContainsKey(key) && (known.Mark != LiveMark.Gone || known.Since > look.At - GoneTime))
            {
                rows.Add(key, known.Mark == LiveMark.Gone ? known : known with { Mark = LiveMark.Gone, Since = look.At });
            }
        }

        _rows = rows;
        Rates.Take(look);
        _filter.Take(look);
        Arrange();
    }

    /// <summary>Sets the filter.</summary>
    /// <exception cref="Model.PortolanException">A word is wrong.</exception>
    public void SetFilter(string text)
    {
        var filter = read(text);
        if (Look is { } look)
        {
            filter.Take(look);
        }

        _filter = filter;
        (Filter, FilterProblem) = (text, null);
        Arrange();
    }

    /// <summary>Makes the rows of a page fit: the chosen row is on it.</summary>
    public void Fit(int rows)
    {
        PageRows = Math.Max(1, rows);
        Top = Math.Clamp(Top, Math.Max(0, Selected - PageRows + 1), Math.Max(0, Selected));
        Top = Math.Max(0, Math.Min(Top, _shown.Count - PageRows));
    }

    /// <summary>Does what a key says.</summary>
    public LiveAction Press(KeyPress key)
    {
        if (Pane is { } pane)
        {
            return pane.Press(key);
        }

        if (IsTyping)
        {
            Type(key);
            return LiveAction.None;
        }

        if (IsHelp)
        {
            IsHelp = false;
            return LiveAction.None;
        }

        switch (key.Key)
        {
            case LiveKey.Up:
                Choose(Selected - 1);
                break;
            case LiveKey.Down:
                Choose(Selected + 1);
                break;
            case LiveKey.PageUp:
                Choose(Selected - PageRows);
                break;
            case LiveKey.PageDown:
                Choose(Selected + PageRows);
                break;
            case LiveKey.Home:
                Choose(0);
                break;
            case LiveKey.End:
                Choose(_shown.Count - 1);
                break;
            case LiveKey.Escape:
                SetFilter("");
                break;
            case LiveKey.Enter:
                return About(LiveAction.Who);
            case LiveKey.Character:
                return Press((char)Math.Min(key.Rune.Value, char.MaxValue));
        }

        return LiveAction.None;
    }

    private LiveAction Press(char key)
    {
        switch (key)
        {
            case 'q':
                return LiveAction.Quit;
            case 'r':
                return LiveAction.Look;
            case 'e':
                return About(LiveAction.Explain);
            case 'f':
                return About(LiveAction.Rules);
            case 't':
                return About(LiveAction.Traffic);
            case 's':
                return About(LiveAction.Stop);
            case 'k':
                Choose(Selected - 1);
                break;
            case 'j':
                Choose(Selected + 1);
                break;
            case '/':
                (IsTyping, _filterBefore) = (true, Filter);
                break;
            case 'o':
                Order = Order.Next();
                Sort();
                break;
            case '?':
                IsHelp = true;
                break;
            case ' ':
                IsPaused = !IsPaused;
                if (!IsPaused && _withheld is { } look)
                {
                    _withheld = null;
                    Take(look);
                }

                break;
        }

        return LiveAction.None;
    }

    private LiveAction About(LiveAction action) => Chosen is null ? LiveAction.None : action;

    private void Type(KeyPress key)
    {
        switch (key.Key)
        {
            case LiveKey.Enter:
                IsTyping = false;
                Try(FilterProblem is null ? Filter : _filter.Text);
                break;
            case LiveKey.Escape:
                IsTyping = false;
                Try(_filterBefore);
                break;
            case LiveKey.Backspace:
                Try(WithoutLast(Filter));
                break;
            case LiveKey.Character:
                Try(Filter + key.Rune);
                break;
            case LiveKey.Up:
                Choose(Selected - 1);
                break;
            case LiveKey.Down:
                Choose(Selected + 1);
                break;
        }
    }

    // A word that is half typed may be wrong: what was shown stays until it is right.
    private void Try(string text)
    {
        try
        {
            SetFilter(text);
        }
        catch (Model.PortolanException exception)
        {
            (Filter, FilterProblem) = (text, exception.Message);
        }
    }

    private static string WithoutLast(string text)
    {
        var last = text.Length == 0 || Rune.DecodeLastFromUtf16(text, out _, out var length) != System.Buffers.OperationStatus.Done
            ? Math.Min(1, text.Length) : length;
        return text[..^last];
    }

    private void Sort()
    {
        foreach (var (key, row) in _rows)
        {
            _rows[key] = row with { Place = row.Row };
        }

        Arrange();
        Top = 0;
    }

    private void Arrange()
    {
        var line = Selected - Top;
        var wasAtTop = Top == 0;
        var before = Selected;
        _shown = [.. _rows.Values.Where(_filter.Matches).Order(Comparer<LiveRow>.Create((a, b) => Order.Compare(a, b)))];
        var found = _selected is { } key ? _shown.FindIndex(row => row.Key == key) : -1;
        Selected = found >= 0 ? found : Math.Min(Math.Max(before, 0), _shown.Count - 1);
        _selected = Selected >= 0 ? _shown[Selected].Key : null;
        Top = wasAtTop ? 0 : Math.Max(0, Selected - line);
    }

    private void Choose(int index)
    {
        if (_shown.Count > 0)
        {
            Selected = Math.Clamp(index, 0, _shown.Count - 1);
            _selected = _shown[Selected].Key;
        }
    }
}
