using System.Globalization;
using System.Text;

namespace Portolan.Lab.Services.News;

/// <summary>One reader of news.</summary>
internal sealed class NntpSession(Stream stream, ServiceCall call)
{
    private const int MaxErrors = 30;
    private const int MaxArticle = 1 << 20;

    private readonly LineTalk _talk = new(stream);
    private readonly NewsStore _store = NewsStore.Of(call);
    private string? _group;
    private int _current;
    private int _errors;

    private NewsArticle[] Articles => _group is null ? [] : _store.Articles(_group) ?? [];

    /// <summary>Speaks until either is done.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        Say($"200 {LineTalk.Text(call.Setting("banner", $"{call.Host.Name} InterNetNews NNRP server INN 2.7.0 ready"))} (posting ok)");
        while (_errors < MaxErrors)
        {
            var line = await _talk.ReadLineAsync(cancellationToken);
            if (line.Kind == LineKind.End)
            {
                return;
            }

            var words = line.Text.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            var verb = words.Length > 0 ? words[0].ToUpperInvariant() : "";
            if (line.Kind == LineKind.TooLong)
            {
                Say("501 line too long");
            }
            else if (verb == "QUIT")
            {
                Say("205 goodbye");
                break;
            }
            else if (verb == "POST")
            {
                await PostAsync(cancellationToken);
            }
            else
            {
                Do(verb, words);
                await _talk.FlushIfLongAsync(cancellationToken);
            }
        }

        await _talk.FlushAsync(cancellationToken);
    }

    private void Do(string verb, string[] words)
    {
        var argument = words.Length > 1 ? words[1] : "";
        switch (verb)
        {
            case "CAPABILITIES":
                Lines(
                    "101 what there is",
                    ["VERSION 2", "READER", "POST", "LIST ACTIVE NEWSGROUPS OVERVIEW.FMT", "OVER", "IMPLEMENTATION Portolan"]);
                break;
            case "MODE":
                Say(argument.Equals("READER", StringComparison.OrdinalIgnoreCase) ? "200 posting allowed" : "501 MODE READER");
                break;
            case "DATE":
                Say($"111 {call.Host.Time.GetUtcNow().ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture)}");
                break;
            case "HELP":
                Lines(
                    "100 commands",
                    ["CAPABILITIES MODE DATE LIST NEWGROUPS GROUP LISTGROUP ARTICLE HEAD BODY STAT NEXT LAST OVER POST QUIT"]);
                break;
            case "LIST":
                List(argument.ToUpperInvariant());
                break;
            case "NEWGROUPS" or "NEWNEWS":
                Lines("231 no new ones", []);
                break;
            case "GROUP" or "LISTGROUP":
                Group(verb, argument.Length > 0 ? argument : _group ?? "");
                break;
            case "ARTICLE" or "HEAD" or "BODY" or "STAT":
                Article(verb, argument);
                break;
            case "NEXT" or "LAST":
                Move(verb == "NEXT" ? 1 : -1);
                break;
            case "OVER" or "XOVER":
                Over(argument);
                break;
            default:
                Say("500 no such command");
                break;
        }
    }

    private void List(string what)
    {
        switch (what)
        {
            case "" or "ACTIVE":
                Lines("215 name, last, first, posting", _store.Groups().Select(g => $"{g} {_store.Articles(g)!.Length} 1 y"));
                break;
            case "NEWSGROUPS":
                Lines("215 name, what it is about", _store.Groups().Select(static g => $"{g}\tA group of the lab"));
                break;
            case "OVERVIEW.FMT":
                Lines("215 the order", ["Subject:", "From:", "Date:", "Message-ID:", "References:", ":bytes", ":lines"]);
                break;
            default:
                Say("503 that is not kept here");
                break;
        }
    }

    private void Group(string verb, string name)
    {
        if (_store.Articles(name) is not { } articles)
        {
            Say(name.Length == 0 ? "412 choose a group first" : "411 no such group");
            return;
        }

        (_group, _current) = (name, articles.Length > 0 ? 1 : 0);
        var answer = $"211 {articles.Length} {(articles.Length > 0 ? 1 : 0)} {articles.Length} {name}";
        if (verb == "GROUP")
        {
            Say(answer);
        }
        else
        {
            Lines(answer, Enumerable.Range(1, articles.Length).Select(static n => n.ToString(CultureInfo.InvariantCulture)));
        }
    }

    private void Article(string verb, string which)
    {
        NewsArticle? article = null;
        var number = 0;
        if (which.StartsWith('<'))
        {
            article = _store.Find(which);
        }
        else if (_group is null)
        {
            Say("412 choose a group first");
            return;
        }
        else
        {
            number = which.Length == 0
                ? _current
                : int.TryParse(which, NumberStyles.None, CultureInfo.InvariantCulture, out var told) ? told : 0;
            article = number >= 1 && number <= Articles.Length ? Articles[number - 1] : null;
        }

        if (article is null)
        {
            Say(
                which.StartsWith('<')
                    ? "430 no such article"
                    : which.Length == 0 ? "420 no article is chosen" : "423 no such number in this group");
            return;
        }

        _current = number > 0 ? number : _current;
        var answer = $"{verb switch { "ARTICLE" => 220, "HEAD" => 221, "BODY" => 222, _ => 223 }} {number} {article.Id}";
        if (verb == "STAT")
        {
            Say(answer);
            return;
        }

        var text = verb switch { "HEAD" => article.Header, "BODY" => article.Body, _ => $"{article.Header}\r\n\r\n{article.Body}" };
        Lines(answer, (text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text).Split("\r\n"));
    }

    private void Move(int by)
    {
        var next = _current + by;
        if (_group is null)
        {
            Say("412 choose a group first");
        }
        else if (next < 1 || next > Articles.Length)
        {
            Say(by > 0 ? "421 this is the last" : "422 this is the first");
        }
        else
        {
            _current = next;
            Say($"223 {next} {Articles[next - 1].Id}");
        }
    }

    private void Over(string range)
    {
        if (_group is null)
        {
            Say("412 choose a group first");
            return;
        }

        var ends = range.Split('-');
        var first = range.Length == 0
            ? _current
            : int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var from) ? from : 0;
        var last = ends.Length == 1
            ? first
            : ends[1].Length == 0
            ? int.MaxValue
            : int.TryParse(ends[1], NumberStyles.None, CultureInfo.InvariantCulture, out var to) ? to : 0;
        var chosen = Articles.Select(static (article, i) => (Number: i + 1, Article: article))
            .Where(a => a.Number >= first && a.Number <= last).ToList();
        if (chosen.Count == 0)
        {
            Say("423 no articles in that range");
            return;
        }

        Lines("224 overview", chosen.Select(static a =>
            $"{a.Number}\t{a.Article.Field("Subject")}\t{a.Article.Field("From")}\t{a.Article.Field("Date")}\t{a.Article.Id}"
                + $"\t{a.Article.Field("References")}\t{a.Article.Header.Length + a.Article.Body.Length + 4}"
                + $"\t{a.Article.Body.Count(static c => c == '\n')}"));
    }

    private async Task PostAsync(CancellationToken cancellationToken)
    {
        Say("340 send it, end with a line that is a dot");
        var text = new StringBuilder();
        var isBroken = false;
        while (true)
        {
            var line = await _talk.ReadLineAsync(cancellationToken);
            if (line is { Kind: LineKind.Line, Text: "." })
            {
                break;
            }

            if (line.Kind == LineKind.End)
            {
                return;
            }

            isBroken |= line.Kind == LineKind.TooLong || text.Length > MaxArticle;
            if (!isBroken)
            {
                text.Append(line.Text.StartsWith('.') ? line.Text[1..] : line.Text).Append("\r\n");
            }
        }

        var parts = text.ToString().Split("\r\n\r\n", 2);
        var isTaken = !isBroken && parts.Length == 2 && _store.TryPost(parts[0], parts[1], call.Host.Time.GetUtcNow());
        Say(isTaken ? "240 it is here" : "441 not taken: it wants From, Subject, Newsgroups with a group of this server, and a body");
    }

    private void Lines(string first, IEnumerable<string> lines)
    {
        Say(first);
        foreach (var line in lines)
        {
            _talk.WriteLine(line.StartsWith('.') ? "." + line : line);
        }

        _talk.WriteLine(".");
    }

    private void Say(string answer)
    {
        _errors += answer[0] == '5' ? 1 : 0;
        _talk.WriteLine(answer);
    }
}
