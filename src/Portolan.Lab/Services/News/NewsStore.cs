using System.Globalization;

namespace Portolan.Lab.Services.News;

/// <summary>An article: header fields and body, lines with CR LF.</summary>
/// <param name="Id">Its message id, in angle brackets.</param>
/// <param name="Header">The header, without the empty line.</param>
/// <param name="Body">The body.</param>
internal sealed record NewsArticle(string Id, string Header, string Body)
{
    /// <summary>The value of a field, on one line.</summary>
    internal string Field(string name)
    {
        var line = Header.Split("\r\n").FirstOrDefault(l => l.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase));
        return line is null ? "" : line[(name.Length + 1)..].Trim().Replace('\t', ' ');
    }
}

/// <summary>The groups of a host and their articles, numbered from 1. Any thread.</summary>
internal sealed class NewsStore
{
    private const int MaxArticles = 10_000;
    private const long MaxBytes = 64L << 20;

    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, List<NewsArticle>> _groups = new(StringComparer.Ordinal);
    private readonly string _server;
    private long _bytes;
    private int _count;

    private NewsStore(string groups, string server, DateTimeOffset now)
    {
        _server = server;
        foreach (var group in groups.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            _groups[group] = [];
        }

        var first = _groups.Keys.First();
        TryPost(
            $"From: news@{server}\r\nNewsgroups: {first}\r\nSubject: Welcome",
            "This server lives in a lab. What is posted is kept until the lab ends.\r\n", now);
    }

    /// <summary>The store of a call's host.</summary>
    internal static NewsStore Of(ServiceCall call)
    {
        var groups = call.Setting("groups", "lab.general");
        return call.Host.State.Get(
            () => new NewsStore(groups, $"{call.Host.Name}.{call.Host.Directory.Domain}", call.Host.Time.GetUtcNow()), groups);
    }

    /// <summary>The names of the groups.</summary>
    internal string[] Groups()
    {
        lock (_lock)
        {
            return [.. _groups.Keys];
        }
    }

    /// <summary>The articles of a group; <c>null</c> when there is none of that name.</summary>
    internal NewsArticle[]? Articles(string group)
    {
        lock (_lock)
        {
            return _groups.TryGetValue(group, out var articles) ? [.. articles] : null;
        }
    }

    /// <summary>An article by its id.</summary>
    internal NewsArticle? Find(string id)
    {
        lock (_lock)
        {
            return _groups.Values.SelectMany(static a => a).FirstOrDefault(a => a.Id == id);
        }
    }

    /// <summary>Takes an article. Fails when it names no group of this server, or there is no room.</summary>
    internal bool TryPost(string header, string body, DateTimeOffset now)
    {
        var article = new NewsArticle("", header, body);
        lock (_lock)
        {
            var groups =
                article.Field("Newsgroups").Split(',', StringSplitOptions.TrimEntries).Where(_groups.ContainsKey).Distinct().ToArray();
            if (groups.Length == 0 || article.Field("From").Length == 0 || article.Field("Subject").Length == 0 || _count >= MaxArticles
                || _bytes + header.Length + body.Length > MaxBytes)
            {
                return false;
            }

            var id = article.Field("Message-ID") is ['<', .., '>'] own && Find(own) is null
                ? own
                : string.Create(CultureInfo.InvariantCulture, $"<{++_count}@{_server}>");
            var more = (article.Field("Message-ID") == id ? "" : $"\r\nMessage-ID: {id}")
                + (article.Field("Date").Length > 0 ? "" : $"\r\nDate: {now.ToString("R", CultureInfo.InvariantCulture)}");
            var kept = new NewsArticle(id, $"Path: {_server}!not-for-mail\r\n{header}{more}", body);
            _bytes += kept.Header.Length + kept.Body.Length;
            foreach (var group in groups)
            {
                _groups[group].Add(kept);
            }

            return true;
        }
    }
}
