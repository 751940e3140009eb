using Portolan.Watch.Snapshots;

namespace Portolan.Watch.Changes;

/// <summary>How near the end of a certificate is.</summary>
internal static class CertificateAge
{
    private static readonly int[] Stages = [30, 14, 3, 0];

    /// <summary>Whole days that are left at a time, below 0 when past; <c>null</c> when the end is not known.</summary>
    public static int? DaysLeft(CertificateDates? certificate, DateTimeOffset at) =>
        certificate?.NotAfter is { } end ? (int)Math.Floor((end - at).TotalDays) : null;

    /// <summary>0 far away or unknown, 1 within 30 days, 2 within 14, 3 within 3, 4 past.</summary>
    public static int StageOf(int? days)
    {
        var stage = 0;
        while (days is not null && stage < Stages.Length && days < Stages[stage])
        {
            stage++;
        }

        return stage;
    }
}
