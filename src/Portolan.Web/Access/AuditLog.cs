using System.Text.Json;
using Portolan.Model.Documents;

namespace Portolan.Web.Access;

/// <summary>
/// The log of what was asked of this machine: each login, check, stop, block and export is a line of JSON. At <see cref="MostBytes"/> the
/// file is renamed to <c>audit.log.1</c>, over the one before.
/// </summary>
/// <remarks>
/// Requests without a session or a token get one line a minute, with how many there were since the line before: a stranger who connects
/// must not be able to fill the log until what sessions did is gone.
/// </remarks>
/// <param name="folder">Where it is kept.</param>
/// <param name="clock">The clock.</param>
internal sealed class AuditLog(StateFolder folder, TimeProvider clock)
{
    /// <summary>How long the file gets.</summary>
    internal const long MostBytes = 10 * 1024 * 1024;

    /// <summary>The file.</summary>
    internal const string FileName = "audit.log";

    /// <summary>How often a request without a session gets a line.</summary>
    internal static readonly TimeSpan BetweenStrangers = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private long? _strangerAt;
    private int _unnamed;

    /// <summary>Adds a line.</summary>
    /// <param name="caller">Who asked; <c>null</c> without a session or a token.</param>
    /// <param name="remote">From where; <c>null</c> over a Unix socket.</param>
    /// <param name="action">The method and the path. Hostile text.</param>
    /// <param name="detail">What else was asked, or <c>null</c>. Hostile text.</param>
    /// <param name="status">The status of the answer.</param>
    internal void Add(string? caller, string? remote, string action, string? detail, int status)
    {
        lock (_lock)
        {
            if (caller is null && _strangerAt is { } last && clock.GetElapsedTime(last) < BetweenStrangers)
            {
                _unnamed++;
                return;
            }

            using var line = new MemoryStream();
            JsonOutput.WriteLine(line, json => Write(json, caller, remote, action, detail, status));
            if (caller is null)
            {
                (_strangerAt, _unnamed) = (clock.GetTimestamp(), 0);
            }

            if (folder.Stamp(FileName).Length >= MostBytes)
            {
                folder.Rename(FileName, FileName + ".1");
            }

            using var file = folder.Append(FileName);
            file.Write(line.GetBuffer().AsSpan(0, (int)line.Length));
        }
    }

    private void Write(Utf8JsonWriter json, string? caller, string? remote, string action, string? detail, int status)
    {
        json.WriteString("at", TimeText.Rfc3339(clock.GetUtcNow()));
        json.WriteString("caller", caller);
        json.WriteString("remote", remote);
        json.WriteString("action", action);
        json.WriteString("detail", detail);
        json.WriteNumber("status", status);
        if (caller is null)
        {
            json.WriteNumber("more", _unnamed);
        }
    }
}
