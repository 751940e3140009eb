namespace Portolan.Web.Access;

/// <summary>
/// Launch links: each opens one session, once, within <see cref="Life"/>. A link is a file named by the hash of its token, so that another
/// process of the same user can make one.
/// </summary>
/// <param name="folder">Where they are kept.</param>
/// <param name="clock">The clock.</param>
internal sealed class LaunchLinks(StateFolder folder, TimeProvider clock)
{
    /// <summary>Until when a link opens.</summary>
    internal static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    private const string Prefix = "link-";

    /// <summary>Makes a link.</summary>
    /// <param name="scopes">What its session may do.</param>
    /// <returns>Its token.</returns>
    internal string Make(Scope scopes)
    {
        RemoveExpired();
        var token = Secret.New();
        FileOf(Prefix + Secret.Hash(token)).Write(new LinkRecord(scopes, clock.GetUtcNow() + Life));
        return token;
    }

    /// <summary>Opens a link: of several that try at once, one gets it.</summary>
    /// <param name="token">Its token.</param>
    /// <returns>What it grants; <c>null</c> where there is no such link, or it has expired.</returns>
    internal LinkRecord? Redeem(string token)
    {
        var file = FileOf(Prefix + Secret.Hash(token));
        return file.Read() is { } link && file.Remove() && link.ExpiresAt > clock.GetUtcNow() ? link : null;
    }

    /// <summary>Removes those that were not opened.</summary>
    internal void Clear()
    {
        foreach (var name in folder.Names(Prefix))
        {
            folder.Remove(name);
        }
    }

    private void RemoveExpired()
    {
        foreach (var name in folder.Names(Prefix))
        {
            if (FileOf(name).Read() is not { } link || link.ExpiresAt <= clock.GetUtcNow())
            {
                folder.Remove(name);
            }
        }
    }

    private RecordFile<LinkRecord> FileOf(string name) => new(folder, name, AccessRecords.Default.LinkRecord);
}
