using System.Globalization;
using System.Text.Json;
using Portolan.Model.Documents;

namespace Portolan.Web.Access;

/// <summary>
/// The log of what was asked of this machine: each login, check, stop, block and export is a line of JSON. At <see cref="MostBytes"/> the
/// file is renamed to <c>audit.log.1</c>, over the one before.
/// </summary>
/// <remarks>
/// A caller gets <see cref="AtOnce"/> lines at once and then one in <see cref="Between"/>, all requests without a session or a token
/// that get the same status together one in <see cref="BetweenStrangers"/>; <c>more</c> counts those that got none since the line
/// before. So a caller cannot fill the log until what others did is gone. What has changed this machine gets its line in any case.
/// </remarks>
/// <param name="folder">Where it is kept.</param>
/// <param name="clock">The clock.</param>
internal sealed class AuditLog(StateFolder folder, TimeProvider clock)
{
    /// <summary>How long the file gets.</summary>
    internal const long MostBytes = 10 * 1024 * 1024;

    internal const string FileName = "audit.log";

    /// <summary>How often a request without a session gets a line.</summary>
    internal static readonly TimeSpan BetweenStrangers = TimeSpan.FromMinutes(1);

    /// <summary>How often one with a session does that has had its lines.</summary>
    internal static readonly TimeSpan Between = TimeSpan.FromSeconds(10);

    /// <summary>How many lines a caller gets at once.</summary>
    internal const int AtOnce = 100;

    private const int MostCallers = 1000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Share> _shares = new(StringComparer.Ordinal);

    /// <summary>Adds a line.</summary>
    /// <param name="caller">Who asked; <c>null</c> without a session or a token.</param>
    /// <param name="remote">From where; <c>null</c> over a Unix socket.</param>
    /// <param name="action">The method and the path. Hostile text.</param>
    /// <param name="detail">What else was asked, or <c>null</c>. Hostile text.</param>
    /// <param name="status">The status of the answer.</param>
    /// <param name="isKept">Whether it is written however many lines the caller has had.</param>
    internal void Add(string? caller, string? remote, string action, string? detail, int status, bool isKept = false)
    {
        lock (_lock)
        {
            var share = ShareOf(caller ?? status.ToString(CultureInfo.InvariantCulture), isStranger: caller is null);
            if (!share.Take(isKept))
            {
                return;
            }

            using var line = new MemoryStream();
            JsonOutput.WriteLine(line, json => Write(json, caller, remote, action, detail, status, share.TakeUnwritten()));
            if (folder.Stamp(FileName).Length >= MostBytes)
            {
                folder.Rename(FileName, FileName + ".1");
            }

            using var file = folder.Append(FileName);
            file.Write(line.GetBuffer().AsSpan(0, (int)line.Length));
        }
    }

    /// <summary>Adds what was not written yet: a line for each caller who has such requests.</summary>
    internal void Finish()
    {
        List<string> left;
        lock (_lock)
        {
            left = [.. _shares.Where(static s => s.Value.HasUnwritten).Select(static s => s.Key)];
        }

        foreach (var caller in left)
        {
            var isStranger = int.TryParse(caller, CultureInfo.InvariantCulture, out var status);
            Add(isStranger ? null : caller, null, "server ends", null, status, isKept: true);
        }
    }

    private void Write(Utf8JsonWriter json, string? caller, string? remote, string action, string? detail, int status, int more)
    {
        json.WriteString("at", TimeText.Rfc3339(clock.GetUtcNow()));
        json.WriteString("caller", caller);
        json.WriteString("remote", remote);
        json.WriteString("action", action);
        json.WriteString("detail", detail);
        json.WriteNumber("status", status);
        json.WriteNumber("more", more);
    }

    private Share ShareOf(string caller, bool isStranger)
    {
        if (!_shares.TryGetValue(caller, out var share))
        {
            if (_shares.Count >= MostCallers)
            {
                foreach (var (old, rested) in _shares.ToList())
                {
                    if (rested.IsRested)
                    {
                        _shares.Remove(old);
                    }
                }
            }

            _shares.Add(caller, share = new Share(
                isStranger ? new Allowance(clock, 1, BetweenStrangers) : new Allowance(clock, AtOnce, Between)));
        }

        return share;
    }

    // The lines of one caller.
    private sealed class Share(Allowance lines)
    {
        private int _unwritten;

        public bool HasUnwritten => _unwritten > 0;

        public bool IsRested => !HasUnwritten && lines.IsWhole;

        public bool Take(bool isKept)
        {
            var isWritten = lines.TryTake() || isKept;
            _unwritten += isWritten ? 0 : 1;
            return isWritten;
        }

        public int TakeUnwritten()
        {
            var count = _unwritten;
            _unwritten = 0;
            return count;
        }
    }
}
