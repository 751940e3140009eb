using Portolan.Watch.Alerts;

namespace Portolan.Server.Watch.Settings;

/// <summary>What a file <c>portolan.watch/1</c> says.</summary>
/// <param name="Every">How long after a look the next one begins; <c>null</c> where it does not say.</param>
/// <param name="Routes">The receivers.</param>
/// <param name="Secrets">What no log shows.</param>
internal sealed record WatchSettings(TimeSpan? Every, IReadOnlyList<AlertRoute> Routes, SecretMask Secrets);

/// <summary>Makes secrets unreadable in text that is logged, such as what a server answered.</summary>
internal sealed class SecretMask
{
    private const string Mask = "***";

    // A shorter one would be found in words that have nothing to do with it.
    private const int Shortest = 4;

    private readonly List<string> _secrets = [];

    /// <summary>Adds a secret.</summary>
    internal void Add(string secret)
    {
        if (secret.Length >= Shortest)
        {
            _secrets.Add(secret);
            _secrets.Sort(static (a, b) => b.Length.CompareTo(a.Length));
        }
    }

    /// <summary>The text without them, safe to print.</summary>
    internal string Hide(string text) =>
        TerminalText.Escape(_secrets.Aggregate(text, static (shown, secret) => shown.Replace(secret, Mask, StringComparison.Ordinal)));
}
