using Portolan.Watch.Snapshots;

namespace Portolan.Watch.Changes;

/// <summary>Compares the facts of a port that is open in both results. A fact that one of them does not have is not a change.</summary>
internal static class FactChanges
{
    /// <summary>What changed, with both texts.</summary>
    public static IEnumerable<(ChangeKind Kind, string Before, string After)> Between(Endpoint a, Endpoint b)
    {
        if (a.Service is { } serviceA && b.Service is { } serviceB && KindOf(serviceA, serviceB) is { } kind)
        {
            yield return (kind, serviceA.Text, serviceB.Text);
        }

        if (a.Certificate is { } certificateA && b.Certificate is { } certificateB && !IsSame(certificateA, certificateB))
        {
            yield return (ChangeKind.Certificate, certificateA.Text, certificateB.Text);
        }

        if (a.Banner is { } bannerA && b.Banner is { } bannerB && bannerA != bannerB && a.BannerScanner == b.BannerScanner)
        {
            yield return (ChangeKind.Banner, bannerA, bannerB);
        }

        if (a.Owner is { } ownerA && b.Owner is { } ownerB && ownerA != ownerB)
        {
            yield return (ChangeKind.Owner, ownerA, ownerB);
        }

        if (a.Binds is { } bindsA && b.Binds is { } bindsB && !bindsA.Equals(bindsB))
        {
            yield return (ChangeKind.Bind, bindsA.Text, bindsB.Text);
        }

        if (a.Reach is { } reachA && b.Reach is { } reachB && (reachA.Exposure != reachB.Exposure || reachA.Summary != reachB.Summary))
        {
            yield return (ChangeKind.Reach, reachA.Text, reachB.Text);
        }
    }

    private static ChangeKind? KindOf(ServiceFacts a, ServiceFacts b)
    {
        if (a.Scanner != b.Scanner)
        {
            return ScannerWords.KindOf(a, b);
        }

        if (a.Name != b.Name || a.Tunnel != b.Tunnel)
        {
            return ChangeKind.Service;
        }

        if (a.IsJoined || b.IsJoined)
        {
            // The grepable format has one text for all, with | for a slash and a blank for a comma.
            return Joined(a) == Joined(b) ? null : ChangeKind.Version;
        }

        return a.Product != b.Product ? ChangeKind.Service : a.Version != b.Version || a.Info != b.Info ? ChangeKind.Version : null;
    }

    private static string Joined(ServiceFacts service) => service.VersionText.Replace('/', '|').Replace(',', ' ').Trim();

    // A certificate is the same where what both say of it is.
    private static bool IsSame(CertificateDates a, CertificateDates b) =>
        a.Subject == b.Subject && (a.Issuer is null || b.Issuer is null || a.Issuer == b.Issuer)
        && (a.NotBefore is null || b.NotBefore is null || a.NotBefore == b.NotBefore)
        && (a.NotAfter is null || b.NotAfter is null || a.NotAfter == b.NotAfter);
}
