using Portolan.Store.Files;

namespace Portolan.Store.Tables;

/// <summary>How far a receiver of alerts is.</summary>
/// <param name="Receiver">Its name.</param>
/// <param name="Accepted">The number of the last change that it has, or did not want.</param>
/// <param name="Sending">The number of the last change of a message that may have reached it; <c>null</c> for none.</param>
/// <param name="At">When that was noted.</param>
public sealed record DeliveryRecord(string Receiver, long Accepted, long? Sending, DateTimeOffset At);

/// <summary>The receivers of alerts, and what each has accepted.</summary>
public sealed class DeliveryTable
{
    private readonly StoreConnection _store;

    internal DeliveryTable(StoreConnection store) => _store = store;

    /// <summary>Every receiver, by name.</summary>
    public List<DeliveryRecord> All() => _store.Read(
        "SELECT receiver, accepted, sending, at FROM delivery ORDER BY receiver", [],
        static row => new DeliveryRecord(row.Text(0), row.Number(1), row.NumberOrNull(2), row.Time(3)));

    /// <summary>A receiver; <c>null</c> where it has none of that name.</summary>
    public DeliveryRecord? Find(string receiver) => All().Find(record => record.Receiver == receiver);

    /// <summary>Notes how far a receiver is.</summary>
    public void Set(DeliveryRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        _store.Run(
            "INSERT OR REPLACE INTO delivery(receiver, accepted, sending, at) VALUES ($1, $2, $3, $4)",
            record.Receiver, record.Accepted, record.Sending, record.At.ToUnixTimeMilliseconds());
    }

    /// <summary>Forgets a receiver.</summary>
    public void Remove(string receiver) => _store.Run("DELETE FROM delivery WHERE receiver = $1", receiver);
}
