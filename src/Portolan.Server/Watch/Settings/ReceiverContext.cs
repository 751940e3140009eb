using Portolan.Fleet.Broker;
using Portolan.Lab.Topology.Reading;

namespace Portolan.Server.Watch.Settings;

/// <summary>What the reader of a receiver may use: where faults go, where files are, and the time.</summary>
/// <param name="Faults">Where faults go.</param>
/// <param name="Folder">The folder of the file, where the paths in it begin.</param>
/// <param name="Credentials">systemd's <c>$CREDENTIALS_DIRECTORY</c> (systemd.exec(5)); <c>null</c> without.</param>
/// <param name="Zone">The zone of times in messages.</param>
/// <param name="Clock">The time.</param>
/// <param name="Secrets">Gets each secret that is read.</param>
internal sealed record ReceiverContext(
    FaultList Faults, string Folder, string? Credentials, TimeZoneInfo Zone, TimeProvider Clock, SecretMask Secrets)
{
    /// <summary>
    /// The secret in the file that a key names; <c>null</c> where the key is not there or the file is refused, which is then a fault. A
    /// credential of systemd of that name comes first.
    /// </summary>
    internal string? Secret(MapReader map, string key)
    {
        if (map.Scalar(key) is not { } name)
        {
            return null;
        }

        try
        {
            var credential = Credentials is { } folder && !name.Text.Contains('/', StringComparison.Ordinal)
                ? Path.Combine(folder, name.Text) : null;
            var secret = credential is not null && File.Exists(credential)
                ? SecretFile.Read(credential, isPrivate: true) : SecretFile.Read(Path.GetFullPath(name.Text, Folder));
            Secrets.Add(secret);
            return secret;
        }
        catch (PortolanException exception)
        {
            Faults.Error(name, TerminalText.Escape(exception.Message), exception.Hint);
            return null;
        }
    }

    /// <summary>The authority whose certificates a key names; <c>null</c> for those that the system knows.</summary>
    internal PinnedAuthority? Authority(MapReader map, string key)
    {
        if (map.Scalar(key) is not { } name)
        {
            return null;
        }

        try
        {
            return new PinnedAuthority(PinnedAuthority.ReadText(Path.GetFullPath(name.Text, Folder)));
        }
        catch (PortolanException exception)
        {
            Faults.Error(name, TerminalText.Escape(exception.Message), exception.Hint);
            return null;
        }
    }

    /// <summary>The value of a key that must be there; a fault at the mapping where it is not.</summary>
    internal TreeScalar? Needed(MapReader map, string key, Advice example)
    {
        if (map.Node(key) is null)
        {
            Faults.Error(map.Map, $"{key} is missing", example);
            return null;
        }

        return map.Scalar(key);
    }
}
